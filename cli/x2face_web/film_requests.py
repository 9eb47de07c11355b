"""The film that a page asks for: options, drivers in use, and the files that they need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from x2face_core.errors import UsageError
from x2face_core.rendering.outputs import default_name
from x2face_core.rendering.recording import origin_of
from x2face_core.streaming.motion_file import Motion, write_motion
from x2face_edit.archives import is_archive
from x2face_edit.presets import KEYS, Layer, changed
from x2face_plugins.settings import flag_name
from x2face_web.canvas import packed_layers, write_preset
from x2face_web.command_line import command_line
from x2face_web.films import FilmRequest
from x2face_web.panels import EDIT

if TYPE_CHECKING:
    from x2face_web.panels import Panel
    from x2face_web.studio import Studio, Used
    from x2face_web.visits import Visit

FPS = 25.0
SECONDS = 4.0
"""Length of a film that nothing else ends."""
_TRACK = "track"


@dataclass(frozen=True, kw_only=True)
class FilmForm:
    """What is filled in on a page for a film.

    own: options of a run by field, as given; used: drivers in use with their settings
    hold: add the motion that the sliders show
    recorded: inputs that were recorded on the page, which are among the downloads
    """

    own: Mapping[str, Any]
    used: Used
    hold: bool = False
    recorded: Collection[Path] = ()


def film_request(studio: Studio, visit: Visit, form: FilmForm) -> FilmRequest:
    """The request for a film, whose inputs are kept as they are now, whatever the page does later.

    UsageError if there is no face, or nothing that drives it.
    """
    visit.loaded()
    folder = Path(tempfile.mkdtemp(prefix="film-", dir=visit.folder))
    try:
        planned = _planned(studio, visit, form, folder)
        extras = [one for one in visit.sources if visit.folder in one.parents]  # taken by the camera
        extras += _kept(studio, visit, form, planned)
        extras += _painted(planned, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FilmRequest(
        sources=visit.sources,
        words=words_of(planned.own, planned.used),
        folder=folder,
        output=planned.output,
        command=_command(studio, visit, planned),
        extras=tuple(extras),
        signing=studio.options.signing,
    )


def film_command(studio: Studio, visit: Visit, form: FilmForm) -> str:
    """The command line that makes the film; nothing is written. UsageErrors as of film_request."""
    visit.loaded()
    return _command(studio, visit, _planned(studio, visit, form, visit.folder / "film"))


@dataclass(frozen=True)
class _Planned:
    """A film with the paths that its inputs are to have, in its folder.

    used: those of the form, in their order, and last the sliders if they are held
    paint: the picture that is painted, to be copied
    """

    own: Mapping[str, Any]
    used: Used
    output: str
    paint: Path | None


def _planned(studio: Studio, visit: Visit, form: FilmForm, folder: Path) -> _Planned:
    """The film of a form, with its inputs in a folder. UsageErrors as of film_request."""
    own = dict(form.own) | {"seconds": _seconds(studio, form)}
    if (paint := visit.paint) is not None:
        own["embedded"] = folder / paint.name
    used = [(panel, _renamed(panel, given, form.recorded, folder)) for panel, given in form.used]
    for panel, given in used:
        if panel.name == EDIT and "input" in given:
            _layer(given)  # refuses what the overlay would
    used += [_holding(studio, form.used, folder)] if form.hold else []
    if not used:
        raise UsageError("Nothing drives the face; choose a driver, or hold what the sliders show.")
    inputs = [str(value) for _, given in used if (value := given.get("input")) is not None]
    driving = Path(inputs[0]).stem if inputs else used[0][0].spec.name
    return _Planned(own, used, f"{default_name(visit.sources[0], driving)}.mp4", paint)


def _command(studio: Studio, visit: Visit, planned: _Planned) -> str:
    own = {**planned.own, **studio.session.chosen}
    return command_line([str(path) for path in visit.sources], own, planned.used, planned.output)


def _kept(studio: Studio, visit: Visit, form: FilmForm, planned: _Planned) -> Iterator[Path]:
    """Copy what was recorded, and write what the sliders hold; yields the files."""
    for (_, before), (_, after) in zip(form.used, planned.used, strict=False):
        if before.get("input") != after.get("input"):
            yield Path(shutil.copy(before["input"], after["input"]))
    if form.hold:
        yield _write_held(studio, visit, planned.used[-1][1]["input"], planned.own["seconds"])


def _painted(planned: _Planned, folder: Path) -> Iterator[Path]:
    """Copy what is painted, and write it with all stamps as a preset; yields the files."""
    paint = None if planned.paint is None else Path(shutil.copy(planned.paint, planned.own["embedded"]))
    if paint is not None:
        yield paint
    stamps = [stamp for panel, given in planned.used if panel.name == EDIT for stamp in _stamps(given, folder)]
    if paint is not None or stamps:
        preset = folder / "preset.zip"
        write_preset(preset, paint, stamps)
        yield preset


def words_of(own: Mapping[str, Any], used: Used) -> dict[str, Any]:
    """Keywords of `x2face.run`."""
    words: dict[str, Any] = {**own, "driver": [panel.name for panel, _ in used]}
    for panel, given in used:
        words |= {_word(panel, name): value for name, value in given.items()}
    return words


def _word(panel: Panel, field: str) -> str:
    return flag_name(panel.spec.name, field).removeprefix("--").replace("-", "_")


def _seconds(studio: Studio, form: FilmForm) -> float:
    """The largest length: as asked for, or SECONDS if nothing ends the film, within the limit."""
    most = studio.options.max_seconds
    ends = any(not panel.is_endless for panel, _ in form.used)
    asked = form.own.get("seconds") or (most if ends else min(SECONDS, most))
    if asked > most:
        raise UsageError(f"seconds {asked:g}: films of this studio last at most {most:g} seconds.")
    return float(asked)


def _holding(studio: Studio, used: Used, folder: Path) -> tuple[Panel, dict[str, Any]]:
    """The driver track, with a motion that is to hold what the sliders show."""
    panel = next((one for one in studio.panels if one.name == _TRACK), None)
    if panel is None or any(other.name == _TRACK for other, _ in used):
        raise UsageError("The sliders need the driver track, which is in use; choose one of the two.")
    return panel, {"input": folder / "hand.x2v"}


def _write_held(studio: Studio, visit: Visit, path: Path, seconds: float) -> Path:
    still = visit.loaded().vector.numpy().astype(np.float32)
    offset = np.zeros_like(still) if visit.offset is None else visit.offset.numpy().astype(np.float32)
    offsets = np.repeat(offset[None], max(1, round(seconds * FPS)), axis=0)
    write_motion(path, Motion(offsets, still, origin_of(FPS, studio.session.model, [])))
    return path


def _renamed(panel: Panel, given: Mapping[str, Any], recorded: Collection[Path], folder: Path) -> dict[str, Any]:
    """Settings whose input, if it was recorded, is to be a file in the film's folder, under a name of its own."""
    settings = dict(given)
    if (path := settings.get("input")) is not None and Path(path) in recorded:
        settings["input"] = folder / f"{panel.spec.name}-recorded{Path(path).suffix}"
    return settings


def _stamps(given: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """Layers of a preset from the settings of the overlay edit; those of a packed preset are unpacked into a folder."""
    if "input" not in given:
        return
    layer = _layer(given)
    values = {name: getattr(layer, name) for name in layer.given}
    if not is_archive(layer.layer):
        yield {"layer": layer.layer, **values}
        return
    for one in packed_layers(layer.layer, Path(tempfile.mkdtemp(prefix="preset-", dir=folder))):
        yield {**one, **values}


def _layer(given: Mapping[str, Any]) -> Layer:
    """The layer that the overlay edit makes of its settings. UsageError for a value that it refuses."""
    values = {name: value for name, value in given.items() if name in KEYS and value is not None}
    return changed(Layer(Path(given["input"])), values)

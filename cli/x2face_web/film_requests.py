"""The film that a page asks for: options, drivers in use, and the files that they need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from x2face_core.errors import UsageError
from x2face_core.rendering.outputs import default_name
from x2face_core.rendering.recording import origin_of
from x2face_core.streaming.motion_file import Motion, write_motion
from x2face_edit.archives import is_archive
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


def film_request(
    studio: Studio,
    visit: Visit,
    own: Mapping[str, Any],
    used: Used,
    *,
    hold: bool,
    recorded: Collection[Path] = (),
) -> FilmRequest:
    """The request for a film.

    own: options of run by field, as given; used: drivers in use with their settings; hold: the sliders too
    recorded: inputs that were recorded on the page; their user gets them with the film
    UsageError if there is no face, or nothing that drives it.
    """
    visit.loaded()
    own = dict(own) | {"seconds": _seconds(studio, own, used, hold)}
    folder = Path(tempfile.mkdtemp(prefix="film-", dir=visit.folder))
    try:
        used = [(panel, _kept(panel, given, recorded, folder)) for panel, given in used]
        used += [_held(studio, visit, used, folder, own["seconds"])] if hold else []
        if not used:
            raise UsageError("Nothing drives the face; choose a driver, or hold what the sliders show.")
        return _request(studio, visit, own, used, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _request(studio: Studio, visit: Visit, own: dict[str, Any], used: Used, folder: Path) -> FilmRequest:
    inputs = [str(value) for _, given in used if (value := given.get("input")) is not None]
    driving = Path(inputs[0]).stem if inputs else used[0][0].spec.name
    output = f"{default_name(visit.sources[0], driving)}.mp4"
    stamps = [stamp for panel, given in used if panel.name == EDIT for stamp in _stamps(given, folder)]
    extras = [one for one in visit.sources if visit.folder in one.parents]  # taken by the camera
    extras += [given["input"] for _, given in used if _is_in(given.get("input"), folder)]
    if visit.paint is not None:  # as it is now, whatever is painted later
        own["embedded"] = shutil.copy(visit.paint, folder)
        extras.append(Path(own["embedded"]))
    if visit.paint is not None or stamps:
        extras.append(folder / "preset.zip")
        write_preset(extras[-1], visit.paint, stamps)
    return FilmRequest(
        sources=visit.sources,
        words=words_of(own, used),
        folder=folder,
        output=output,
        command=command_line([str(path) for path in visit.sources], own | dict(studio.session.chosen), used, output),
        extras=tuple(extras),
        signing=studio.options.signing,
    )


def words_of(own: Mapping[str, Any], used: Used) -> dict[str, Any]:
    """Keywords of `x2face.run`."""
    words: dict[str, Any] = {**own, "driver": [panel.name for panel, _ in used]}
    for panel, given in used:
        words |= {_word(panel, name): value for name, value in given.items()}
    return words


def _word(panel: Panel, field: str) -> str:
    return flag_name(panel.spec.name, field).removeprefix("--").replace("-", "_")


def _seconds(studio: Studio, own: Mapping[str, Any], used: Used, hold: bool) -> float:
    """The largest length: as asked for, or SECONDS if nothing ends the film, within the limit."""
    most = studio.options.max_seconds
    ends = any(not panel.is_endless for panel, _ in used)
    asked = own.get("seconds") or (most if ends else min(SECONDS, most))
    if asked > most:
        raise UsageError(f"seconds {asked:g}: films of this studio last at most {most:g} seconds.")
    return float(asked)


def _held(studio: Studio, visit: Visit, used: Used, folder: Path, seconds: float) -> tuple[Panel, dict[str, Any]]:
    """The driver track with a motion that holds what the sliders show."""
    panel = next((one for one in studio.panels if one.name == _TRACK), None)
    if panel is None or any(other.name == _TRACK for other, _ in used):
        raise UsageError("The sliders need the driver track, which is in use; choose one of the two.")
    face = visit.loaded()
    still = face.vector.numpy().astype(np.float32)
    offset = np.zeros_like(still) if visit.offset is None else visit.offset.numpy().astype(np.float32)
    offsets = np.repeat(offset[None], max(1, round(seconds * FPS)), axis=0)
    path = folder / "hand.x2v"
    write_motion(path, Motion(offsets, still, origin_of(FPS, studio.session.model, [])))
    return panel, {"input": path}


def _kept(panel: Panel, given: Mapping[str, Any], recorded: Collection[Path], folder: Path) -> dict[str, Any]:
    """Settings whose input, if it was recorded, is a copy in the film's folder, under a name of its own."""
    settings = dict(given)
    if (path := settings.get("input")) is not None and Path(path) in recorded:
        settings["input"] = Path(shutil.copy(path, folder / f"{panel.spec.name}-recorded{Path(path).suffix}"))
    return settings


def _is_in(value: Any, folder: Path) -> bool:
    return isinstance(value, Path) and value.parent == folder


def _stamps(given: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """Layers of a preset from the settings of the overlay edit; those of a packed preset are unpacked into a folder."""
    if "input" not in given:
        return
    values = {name: value for name, value in given.items() if name in ("scale", "rotate", "opacity", "flip", "blend")}
    at = given.get("at")
    if at is not None:
        values["at"] = [float(part) for part in at.split(",")] if "," in at else at
    path = Path(given["input"])
    if not is_archive(path):
        yield {"layer": path, **values}
        return
    for layer in packed_layers(path, Path(tempfile.mkdtemp(prefix="preset-", dir=folder))):
        yield {**layer, **values}

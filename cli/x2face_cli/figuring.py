"""What `x2face figure` does once its options are understood: load what drives, find the faces, draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from x2face_cli import options, screen
from x2face_cli.running import load_model
from x2face_cli.sourcing import cropping
from x2face_core.errors import UsageError
from x2face_core.files.ledger import noting
from x2face_core.rendering.outputs import Output
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.composing import Part
from x2face_lab.figures.drawing import write_sheet
from x2face_lab.figures.sheet import Sheet
from x2face_lab.figures.subjects import find_subjects
from x2face_plugins.activating import delegate, load_overlay, load_part
from x2face_plugins.mappings.loading import mapping_loader
from x2face_plugins.registry import Registry

Given = Mapping[str, Any]
Make = Callable[[Sequence[ModelSource]], Sheet]


@noting()
def pose(registry: Registry, given: Given, output: Output) -> None:
    from x2face_lab.figures.pose import pose_sheet
    from x2face_lab.figures.turning import AXES, angles

    sweeps = {axis: angles(given[axis], given["steps"]) for axis in AXES}
    _figure(registry, given, output, lambda who: pose_sheet(who, sweeps, given["cell"], absolute=given["absolute"]))


@noting()
def audio(registry: Registry, given: Given, output: Output) -> None:
    from x2face_lab.demo.inputs import SPEECH
    from x2face_lab.figures.audio import audio_sheet, spoken
    from x2face_lab.figures.sound import read_start

    part = _part(registry, "audio", given, str(SPEECH))
    samples = read_start(Path(given["audio.input"] or SPEECH), given["seconds"])

    def make(who: Sequence[ModelSource]) -> Sheet:
        return audio_sheet(who, spoken(who, part, samples, given["seconds"]), given["moments"], given["cell"])

    _figure(registry, given, output, make, [part])


@noting()
def edit(registry: Registry, given: Given, output: Output) -> None:
    from x2face_lab.figures.edit import edit_sheet
    from x2face_lab.figures.motion import Motion, filmed, swept
    from x2face_lab.figures.turning import angles

    parts = [_part(registry, "frame", given)] if given["frame.input"] else []

    def moved(who: Sequence[ModelSource]) -> Motion:
        if parts:
            return filmed(who, parts[0], given["frames"], given["seconds"], given["cell"])
        return swept(who, angles(given["yaw"], given["frames"]))

    with _paint(given["edit.input"]) as paint:
        overlay = load_overlay(registry, "edit", _settings(registry, "edit", given, paint))
        _figure(registry, given, output, lambda who: edit_sheet(who, [overlay], moved(who), given["cell"]), parts)


def _part(registry: Registry, name: str, given: Given, default: str | None = None) -> Part:
    """A driver that ends. UsageError for a camera or a microphone."""
    part = load_part(registry, name, _settings(registry, name, given, default))
    if part.live or part.endless:
        raise UsageError(f"--{name} {given[f'{name}.input']}: never ends, and a figure shows a whole; give a file.")
    return part


def _settings(registry: Registry, name: str, given: Given, default: Any) -> Any:
    """A driver's settings; default: its input where none is given."""
    key = f"{name}.input"
    return options.build_settings(registry.driver(name).spec, {**given, key: given[key] or default})


@contextmanager
def _paint(path: Path | None) -> Iterator[Path]:
    """The paint that is given, or the demo's."""
    if path is not None:
        yield path
        return
    from x2face_lab.demo.paint import write_paint

    with TemporaryDirectory(prefix="x2face-") as folder:
        yield write_paint(Path(folder))


@contextmanager
def _sources(given: Given) -> Iterator[list[Path]]:
    """The sources that are given, or the demo's."""
    if given["sources"]:
        yield [Path(source) for source in given["sources"]]
        return
    from x2face_lab.demo.sources import sources

    with sources() as pictures:
        yield list(pictures.values())


def _figure(registry: Registry, given: Given, output: Output, make: Make, parts: Sequence[Part] = ()) -> None:
    """Find and embed the faces, write the sheet that is made of them, and say where it is."""
    model = load_model({**given, "dtype": "auto"})
    mappings = mapping_loader(registry, model.fingerprint, given["mappings"], model.info.path)
    with _sources(given) as paths:
        subjects = find_subjects(
            paths,
            cropping(given),
            given["source_frames"],
            model,
            given["fusion"],
            load_mapping=mappings,
            load_driver=lambda name, more: delegate(registry, name, more),
        )
        write_sheet(output.path, make(subjects), overwrite=output.overwrite)
    for warning in dict.fromkeys(str(one) for part in parts for one in getattr(part.driver, "warnings", ())):
        screen.warn(warning)
    screen.result(output)

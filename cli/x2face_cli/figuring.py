"""The implementation of `x2face figure`: load drivers, find faces, draw the sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from x2face_cli import options, screen
from x2face_core.errors import UsageError
from x2face_core.files.ledger import noting
from x2face_core.rendering.outputs import Output
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_lab.figures.drawing import write_sheet
from x2face_lab.figures.sheet import Sheet
from x2face_plugins.choosing import choose
from x2face_plugins.registry import Registry

Given = Mapping[str, Any]
Make = Callable[[Sequence[ModelSource]], Sheet]


@noting()
def pose(registry: Registry, given: Given, output: Output) -> None:
    from x2face_lab.figures.pose import pose_sheet
    from x2face_lab.figures.turning import AXES, angles

    sweeps = {axis: angles(given[axis], given["steps"]) for axis in AXES}

    def make(subjects: Sequence[ModelSource]) -> Sheet:
        return pose_sheet(subjects, sweeps, given["cell"], absolute=given["absolute"])

    _figure(registry, given, output, make)


@noting()
def audio(registry: Registry, given: Given, output: Output) -> None:
    from x2face_lab.demo.inputs import SPEECH
    from x2face_lab.figures.audio import audio_sheet, drive_by_sound
    from x2face_lab.figures.sound import read_start

    driver = _driver(registry, "audio", given, str(SPEECH))
    samples = read_start(Path(given["audio.input"] or SPEECH), given["seconds"])

    def make(subjects: Sequence[ModelSource]) -> Sheet:
        return audio_sheet(
            subjects, drive_by_sound(subjects, driver, samples, given["seconds"]), given["moments"], given["cell"]
        )

    _figure(registry, given, output, make, [driver])


@noting()
def edit(registry: Registry, given: Given, output: Output) -> None:
    from x2face_lab.demo.paint import write_paint
    from x2face_lab.figures.edit import edit_sheet
    from x2face_lab.figures.motion import Motion, filmed, swept
    from x2face_lab.figures.turning import angles

    drivers = [_driver(registry, "frame", given)] if given["frame.input"] else []

    def moved(subjects: Sequence[ModelSource]) -> Motion:
        if drivers:
            return filmed(subjects, drivers[0], given["frames"], given["seconds"], given["cell"])
        return swept(subjects, angles(given["yaw"], given["frames"]))

    with chosen_paint(given["edit.input"], write_paint) as paint:
        overlays = [one for one in [loaded(registry, "edit", given, paint)] if isinstance(one, ActiveOverlay)]

        def make(subjects: Sequence[ModelSource]) -> Sheet:
            return edit_sheet(subjects, overlays, moved(subjects), given["cell"])

        _figure(registry, given, output, make, drivers)


def _driver(registry: Registry, name: str, given: Given, default: str | None = None) -> ActiveDriver:
    """Load a finite driver. UsageError for a camera or a microphone."""
    driver = loaded(registry, name, given, default)
    if not isinstance(driver, ActiveDriver) or driver.live or driver.endless:
        raise UsageError(f"--{name} {given[f'{name}.input']}: never ends, and a figure shows a whole; give a file.")
    return driver


def loaded(registry: Registry, name: str, given: Given, default: str | Path | None) -> ActiveDriver | ActiveOverlay:
    """Load a driver or overlay. default: its input, if none is given"""
    fields = options.driver_fields(registry.driver(name).spec, given)
    return choose(registry, name, {**fields, "input": fields["input"] or default}).load()


@contextmanager
def chosen_paint(given: Path | None, write: Callable[[Path], Path]) -> Iterator[Path]:
    """The given picture of paint, or the one that `write` draws into a folder."""
    if given is not None:
        yield given
        return
    with TemporaryDirectory(prefix="x2face-") as folder:
        yield write(Path(folder))


@contextmanager
def sources_of(given: Given) -> Iterator[tuple[list[Path], dict[str, Any]]]:
    """Whom the figure shows: the given sources, people of --data, or the demo's; and what of the cropping differs."""
    if given["source"]:
        yield list(given["source"]), {}
        return
    if given["data"] is not None:
        from x2face_core.data.folder import FaceFolder
        from x2face_lab.comparison.takes import people_of

        people = people_of(FaceFolder(given["data"]), given["split"], given["people"] + given["people"] % 2, 1)
        yield [person.clip.path for person in people[: given["people"]]], {"crop": "none"}
        return
    from x2face_lab.demo.sources import sources

    with sources() as pictures:
        yield list(pictures.values()), {}


def _figure(registry: Registry, given: Given, output: Output, make: Make, drivers: Sequence[ActiveDriver] = ()) -> None:
    """Find and embed the faces, make and write the sheet, and print its path."""
    from x2face_plugins.session import Session

    session = Session.load(
        given["weights"], given["device"], engine=given["engine"], mappings=given["mapping"], registry=registry
    )
    cropping = {name: given[name] for name in options.OF_SOURCES[1:]}
    with sources_of(given) as (paths, other):  # a film or a folder is one person
        subjects = [session.face(path, **{**cropping, **other}).source for path in paths]
        write_sheet(output.path, make(subjects), overwrite=output.overwrite)
    for warning in dict.fromkeys(warning for one in drivers for warning in one.warnings):
        screen.warn(warning)
    screen.result(output)

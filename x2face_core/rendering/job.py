"""One run from input files to a film: sources, crops, drivers, post-processing, writing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch

from x2face_core.errors import InputError
from x2face_core.files.placing import make_folders_above
from x2face_core.media.boxes import Box
from x2face_core.media.containers import encodable_size
from x2face_core.media.pictures import Picture
from x2face_core.media.sound import has_sound
from x2face_core.media.writing import write_film, write_folder
from x2face_core.rendering.background import Background
from x2face_core.rendering.digest import FramesDigest
from x2face_core.rendering.finishing import finished
from x2face_core.rendering.marking import marked
from x2face_core.rendering.outputs import Output
from x2face_core.rendering.pipeline import Animation, Frame, animate_source
from x2face_core.rendering.recording import recorded
from x2face_core.sources.portraits import Cropping, Portrait, crops, find_portraits
from x2face_core.sources.source import DriversByName, MappingsByName, Model, ModelSource, no_drivers, no_mappings
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_core.streaming.soundtrack import Soundtrack, soundtrack
from x2face_core.suitability.findings import warnings
from x2face_core.suitability.movement import Movement
from x2face_core.suitability.reach import Turns
from x2face_core.suitability.sources import advice, readings

_READ_AT_ONCE = 32  # frames
Follow = Callable[[Iterator[Picture], str, int | None], Iterator[Picture]]
"""Wraps the iterator of frames, to show progress; called with frames, description and expected number."""


def unwatched(frames: Iterator[Picture], what: str, total: int | None) -> Iterator[Picture]:
    """The Follow that shows nothing."""
    return frames


@dataclass(frozen=True, kw_only=True)
class Job:
    """The settings of a run.

    sources: photographs, folders or films of one face; source_frames: pictures taken from each folder or film
    fusion: of several sources, as of X2Face.embed; complete: of what they do not show, likewise
    force: accept sources that look like different people
    fps, seconds: of the film; None: as the drivers determine
    sound: driving, none or a file name
    compare: show source and driving picture to its left; paste_back: into the first source's whole picture
    record: file for the film's motion, overwritten if the output may be
    finish, smooth: as of `animate`; sharpen: as of `finished`
    background: keep, or move: whether it stands still behind the person or follows the flow
    mark: text to write visibly onto each frame; metadata, seal: of the output, as of write_film
    """

    sources: tuple[Path, ...]
    output: Output
    cropping: Cropping = field(default_factory=Cropping)
    source_frames: int = 3
    fps: float | None = None
    seconds: float | None = None
    sound: str = "driving"
    compare: bool = False
    paste_back: bool = False
    fusion: str = "auto"
    force: bool = False
    complete: bool | None = None
    batch_size: int = 16
    seed: int = 0
    record: Path | None = None
    finish: str = "none"
    smooth: float = 0.0
    sharpen: float = 0.0
    background: str = "move"
    mark: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    seal: Callable[[Path], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """What a job is done with.

    drivers, overlays: loaded; overlays in the order in which they are applied
    load_mapping, load_driver: as of ModelSource
    """

    model: Model
    drivers: Sequence[ActiveDriver] = ()
    overlays: Sequence[ActiveOverlay] = ()
    load_mapping: MappingsByName = no_mappings
    load_driver: DriversByName = no_drivers


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of a run.

    source_boxes, driving_box: x, y, width and height in pixels of the upright picture
    rms: root mean square of each driver's offsets
    advice: faults of sources and motion that lower the quality of the film, with remedies
    size: width and height of the frames; view: what they show of the first source's picture, x, y, width and height
    moved: what moves in the film, in words
    frames_sha256: over all frames as they went to the encoder
    """

    output: Path
    frames: int
    fps: float
    source_boxes: list[list[float]]
    driving_box: list[float] | None
    rms: list[float]
    warnings: list[str]
    advice: list[str] = field(default_factory=list)
    frames_sha256: str = ""
    size: tuple[int, int] = (0, 0)
    view: list[float] = field(default_factory=list)
    moved: str = ""

    @property
    def seconds(self) -> float:
        return self.frames / self.fps


def perform(job: Job, equipment: Equipment, follow: Follow = unwatched) -> Report:
    """Make the film; on an error no file is left behind. Raises X2FaceErrors."""
    model, drivers = equipment.model, equipment.drivers
    portraits = find_portraits(job.sources, job.cropping, job.source_frames, model)
    speech = any(one.follows_sound for one in drivers)
    source_advice = list(advice(portraits, job.cropping, model, speech=speech, force=job.force))
    source = _source(job, equipment, portraits)
    background = Background.kept(job.background, portraits[0], source)
    animation = _animation(job, equipment, source, background)
    sound = find_sound(job, drivers)
    notes, turns = [] if sound.remark is None else [sound.remark], Turns()
    digest, movement = FramesDigest(), Movement()
    with recorded(animation, job.record, model, drivers, overwrite=job.output.overwrite) as noted:
        pictures = _finished(count_turns(noted, model, turns, movement), job, portraits, background)
        with closing(digest.of(note_reduction(pictures, job.output, notes))) as frames:
            shown = follow(frames, "rendering", animation.composed.frames)
            written = write(job, shown, animation.fps, sound)
    return Report(
        output=Path(str(job.output)),
        frames=written,
        fps=animation.fps,
        source_boxes=[corners(portrait.box) for portrait in portraits],
        driving_box=next((_rounded(box) for one in drivers if (box := one.box)), None),
        rms=[meter.rms for meter in animation.composed.meters[: len(drivers)]],
        warnings=[*notes, *(warning for one in drivers for warning in one.warnings)],
        advice=[*source_advice, *(one.line for one in warnings([turns.finding(_rotation_remedy(drivers))]))],
        frames_sha256=digest.hexdigest(),
        size=digest.size,
        view=_view(portraits[0], job.paste_back),
        moved=movement.words(),
    )


def _source(job: Job, equipment: Equipment, portraits: Sequence[Portrait]) -> ModelSource:
    return ModelSource.of(
        equipment.model,
        crops(portraits),
        job.fusion,
        complete=job.complete,
        seed=job.seed,
        pictures_wanted=job.compare or job.finish == "poisson",
        load_mapping=equipment.load_mapping,
        load_driver=equipment.load_driver,
    )


def _animation(job: Job, equipment: Equipment, source: ModelSource, background: Background | None) -> Animation:
    return animate_source(
        source,
        equipment.drivers,
        overlays=equipment.overlays,
        fps=job.fps,
        seconds=job.seconds,
        batch_size=job.batch_size,
        finish=job.finish,
        smooth=job.smooth,
        matte=None if background is None else background.matte,
    )


def count_turns(frames: Iterable[Frame], model: Model, turns: Turns, movement: Movement) -> Iterator[Frame]:
    """Pass the frames on; adds the head rotation of each to `turns`, and all that moves to `movement`.

    Vectors are read a second or so of film at a time; the last ones when the frames end, or when this is closed.
    """
    vectors: list[np.ndarray[Any, np.dtype[np.float64]]] = []

    def read() -> None:
        found = readings(torch.from_numpy(np.stack(vectors)).float(), model) if vectors else None
        vectors.clear()
        if found is not None:
            turns.add(found)
            movement.add(found)

    try:
        for frame in frames:
            vectors.append(frame.vector)
            if len(vectors) == _READ_AT_ONCE:
                read()
            yield frame
    finally:
        read()


def _rotation_remedy(drivers: Sequence[ActiveDriver]) -> str:
    """What reduces the rotation of the head."""
    name = drivers[0].name if len(drivers) == 1 else "NAME"
    return f"a driver that turns it less suits, or --{name}-weight 0.7 takes less of this one"


def _view(portrait: Portrait, paste_back: bool) -> list[float]:
    if paste_back and portrait.size is not None:
        return _rounded((0, 0, *portrait.size))
    return corners(portrait.box if portrait.view is None else portrait.view.box)


def corners(box: Box) -> list[float]:
    """x, y, width and height in pixels, as reports have them."""
    return _rounded((box.x, box.y, box.side, box.side))


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(float(number), 2) for number in numbers]


def find_sound(job: Job, drivers: Sequence[ActiveDriver]) -> Soundtrack:
    """The sound of the film. InputError if the given file has none."""
    if job.sound == "none" or not job.output.has_sound:
        return Soundtrack()
    if job.sound == "driving":
        return soundtrack(drivers)
    path = Path(job.sound)
    if not path.exists():
        raise InputError(f"{path}: there is no such file; --sound takes driving, none or a file.")
    if not has_sound(path):
        raise InputError(f"{path}: has no sound; --sound takes driving, none or a file with sound.")
    return Soundtrack(path)


def _finished(
    frames: Iterable[Frame], job: Job, portraits: Sequence[Portrait], background: Background | None
) -> Generator[Picture]:
    pictures = finished(
        frames, portraits, paste_back=job.paste_back, compare=job.compare, sharpen=job.sharpen, background=background
    )
    return marked(pictures, job.mark)


def note_reduction(frames: Generator[Picture], output: Output, notes: list[str]) -> Generator[Picture]:
    """Pass the frames on; appends a note if the film has to be smaller than they are."""
    with closing(frames):
        reduces = not output.folder and output.path.suffix.lower() != ".gif"
        for number, frame in enumerate(frames):
            if number == 0 and reduces and max(size := encodable_size(*frame.shape[1::-1])) < max(frame.shape):
                notes.append(
                    f"{output}: is reduced from {frame.shape[1]}x{frame.shape[0]} to {size[0]}x{size[1]} pixels, "
                    "the most that films hold; a folder/ of pictures holds all."
                )
            yield frame


def write(job: Job, frames: Iterator[Picture], fps: float, sound: Soundtrack) -> int:
    """Write the frames to the job's output; returns their number. Parent folders are created after the first frame."""
    frames, output = chain([next(frames)], frames), job.output
    make_folders_above(output.path)
    if output.folder:
        return write_folder(output.path, frames, metadata=job.metadata, overwrite=output.overwrite, seal=job.seal)
    return write_film(
        output.path, frames, fps, sound=sound.path, sound_track=sound.track, metadata=job.metadata,
        overwrite=output.overwrite, seal=job.seal,
    )  # fmt: skip

"""What methods are compared on: a source picture of one person and driving frames of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_baselines.landmark_warp import held
from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.preparing.tracks import FPS
from x2face_core.data.tables import Split
from x2face_core.errors import InputError
from x2face_core.model import X2Face
from x2face_core.sources.source import ModelSource, squared_distances
from x2face_lab.comparison.marks import Marks
from x2face_lab.evaluation.tracks import clips_of, read_film

PICTURES = 300
"""Largest number of a person's pictures that a CycleGAN learns from, evenly spread over all of their films."""
_BATCH = 16
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody of a folder of tracks. clip: the film with the widest range of yaw; clips: all films"""

    name: str
    clip: Clip
    clips: Sequence[Clip]

    def pictures(self, side: int) -> Tensor:
        """(n, 3, side, side) uint8, at most PICTURES, of all films."""
        every = max(1, -(-sum(clip.frames for clip in self.clips) // PICTURES))
        films = [read_film(clip, range(0, clip.frames, every), side).pictures for clip in self.clips]
        return (torch.cat(films) * 255).round().to(torch.uint8)[:PICTURES]


@dataclass(frozen=True, eq=False)
class Take:
    """A source picture and successive driving frames.

    source: (3, h, w) in [0, 1]; driving: (n, 3, h, w)
    vectors: (n, 128) of the driving frames; rest: the driving frame that corresponds to the source
    source_marks, marks: (68, 3) and (n, 68, 3) landmarks in widths of the picture, NaN without a face; None if unknown
    persons: names of source and driver; fps: of the driving frames
    """

    source: Tensor
    driving: Tensor
    vectors: Tensor
    rest: int
    persons: tuple[str, str]
    source_marks: Floats | None = None
    marks: Floats | None = None
    fps: float = FPS

    def itself(self) -> Take:
        """The driving film driven by itself, with its first frame as source."""
        marks = None if self.marks is None else self.marks[0]
        persons = (self.persons[1], self.persons[1])
        return replace(self, source=self.driving[0], rest=0, persons=persons, source_marks=marks)

    @property
    def without_face(self) -> str | None:
        """The name of a person in whose picture or film landmarks were looked for and not found."""
        for person, marks in zip(self.persons, (self.source_marks, self.marks), strict=True):
            if marks is not None and not np.isfinite(marks).reshape(-1, 68 * 3).all(axis=1).any():
                return person
        return None


def people_of(folder: FaceFolder, split: Split, count: int, least: int, limit: int | None = None) -> list[Person]:
    """The people of a split whose heads turn most, an even number of at most `count`.

    Films without a labelled face, in a folder with labels, are left out.
    least: frames of the film that shows it; limit: clips of a person, at most
    InputError for fewer than two people with such a film.
    """
    films: dict[str, list[Clip]] = {}
    marked = set(folder.labels.landmark_ref[:, 0].tolist()) if folder.has_labels else None
    for clip in clips_of(folder, split, limit=limit):
        films.setdefault(clip.identity, []).append(clip)
    people = [
        Person(name, max(long, key=lambda clip: clip.yaw_range), clips)
        for name, clips in films.items()
        if (long := [clip for clip in clips if clip.frames >= least and (marked is None or clip.row in marked)])
    ]
    people.sort(key=lambda person: -person.clip.yaw_range)
    even = min(count, len(people)) // 2 * 2
    if even < 2:
        raise InputError(
            f"{folder.path}: {len(people)} people of the split {split!r} have a film of {least} frames or more; one "
            "person drives another, so two are needed."
        )
    return people[:even]


def couples(people: Sequence[Person]) -> list[tuple[Person, Person]]:
    """Neighbours, two and two, who drive one another."""
    return list(zip(people[::2], people[1::2], strict=True))


def read_take(model: X2Face, marks: Marks | None, driver: Person, source: Person, frames: int) -> Take:
    """The middle `frames` of the driver's film, and the first frame of the source's."""
    start = max(0, driver.clip.frames // 2 - frames // 2)
    film = read_film(driver.clip, range(start, min(start + frames, driver.clip.frames)))
    picture = read_film(source.clip, [0])
    found = take_of(model, picture.pictures[0], film.pictures, (source.name, driver.name))
    if marks is None:
        return found
    of_source = marks.of_picture(picture.pictures[0], source.clip)
    return with_marks(found, of_source, marks.of_film(film.pictures, driver.clip, film.numbers))


def with_marks(take: Take, source_marks: Floats, marks: Floats) -> Take:
    """The take with landmarks, as of Take; driving frames without a face hold the last ones, if any has a face."""
    known = np.isfinite(marks).all(axis=(1, 2)).any()
    return replace(take, source_marks=source_marks, marks=held(marks) if known else marks)


@torch.inference_mode()
def take_of(model: X2Face, source: Tensor, driving: Tensor, persons: tuple[str, str], fps: float = FPS) -> Take:
    """A take without landmarks; the frame at rest is the nearest to the source's pose and expression."""
    vectors = torch.cat([model.encode(part) for part in torch.split(driving, _BATCH)])
    seen = ModelSource.of(model, source[None])
    rest = int(squared_distances(vectors, seen.vector, seen).argmin())
    return Take(source, driving, vectors, rest, persons, fps=fps)


def name_of(path: str | Path) -> str:
    """A person's name, of a film's path."""
    return Path(path).stem or str(path)

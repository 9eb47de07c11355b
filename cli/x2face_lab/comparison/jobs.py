"""Takes of given films, or of a folder's people: whom a figure shows, and what drives them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from x2face_core.data.folder import FaceFolder
from x2face_core.data.preparing.tracks import FPS
from x2face_core.data.tables import Split
from x2face_core.errors import NoFaceError
from x2face_core.media.clips import Clip, kind_of, open_clip
from x2face_core.media.pictures import Picture
from x2face_core.model import X2Face
from x2face_core.sources.source import ModelSource
from x2face_lab.comparison.marks import Marks
from x2face_lab.comparison.takes import (
    PICTURES,
    Person,
    Take,
    couples,
    name_of,
    people_of,
    read_take,
    take_of,
    with_marks,
)

SIDE = 256
LEAST = 2
"""Frames of a film that can drive another person."""
Face = Callable[..., ModelSource]
"""Finds and embeds one person's face in a path; crop and source_frames may be given."""


@dataclass(frozen=True, eq=False)
class FilmInput:
    """A film, a folder or a picture, and where its face is: auto, none or x,y,w,h; scale: the crop's side in faces."""

    path: Path
    crop: str = "auto"
    scale: float = 1.6

    @cached_property
    def clip(self) -> Clip:
        """The opened input; its face is searched for once."""
        return open_clip(str(self.path), kind_of(str(self.path)), self.crop, self.scale)

    def read(self, side: int, most: int, every: int = 1) -> tuple[Tensor, float]:
        """(n, 3, side, side) uint8 of at most `most` pictures that show the face, and their frames a second.

        every: nth picture is taken. NoFaceError if none shows one.
        """
        clip = self.clip
        seen = (picture for k, picture in enumerate(clip.crops(side)) if k % every == 0 and clip.present(k))
        pictures = list(islice(seen, most))
        if not pictures:
            raise NoFaceError(f"{self.path}: no picture of it shows a face; choose another film.")
        return _as_bytes(pictures), clip.fps / every

    def spread(self, side: int) -> Tensor:
        """(n, 3, side, side) uint8, about PICTURES, spread over the whole."""
        every = max(1, (self.clip.declared_frames or 0) // PICTURES)
        return self.read(side, PICTURES, every)[0]


def _as_bytes(pictures: Sequence[Picture]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


@dataclass(frozen=True, eq=False)
class Job:
    """Somebody who is shown. face: of several sources; pictures: of side, for CycleGAN, of source and driver (uint8)"""

    take: Take
    face: Callable[[], ModelSource]
    pictures: Callable[[int], tuple[Tensor, Tensor]]

    @property
    def fps(self) -> float:
        return self.take.fps

    def with_face(self, model: X2Face, subject: ModelSource) -> Take:
        """The take with a subject's first picture as source, without landmarks."""
        return take_of(model, subject.pictures[0], self.take.driving, self.take.persons, self.fps)


def jobs_of_films(
    model: X2Face, find: Face, sources: Sequence[FilmInput], driving: FilmInput, seconds: float, marks: Marks | None
) -> list[Job]:
    """A job for each source, all driven by the same film.

    find: the face in a path; seconds: of the film, from its start; marks: None: no landmarks
    """
    film, fps = driving.read(SIDE, max(LEAST, round(seconds * driving.clip.fps)))
    frames = film.float() / 255
    known = np.zeros(0) if marks is None else marks.of_film(frames, None, range(len(frames)))
    jobs = []
    for source in sources:
        subject = find(source.path)
        names = (name_of(source.path), f"{name_of(driving.path)} (driving)")
        take = take_of(model, subject.pictures[0], frames, names, fps)
        if marks is not None:
            take = with_marks(take, marks.of_picture(subject.pictures[0], None), known)
        jobs.append(_job_of_film(take, subject, source, driving))
    return jobs


def _job_of_film(take: Take, subject: ModelSource, source: FilmInput, driving: FilmInput) -> Job:
    return Job(take, lambda: subject, lambda side: (source.spread(side), driving.spread(side)))


def jobs_of_people(
    model: X2Face,
    find: Face,
    folder: FaceFolder,
    split: Split,
    count: int,
    seconds: float,
    marks: Marks | None,
) -> list[Job]:
    """A job for each of a folder's people whose heads turn most: neighbours drive one another."""
    jobs = []
    for a, b in couples(people_of(folder, split, count + count % 2, LEAST)):
        for source, driver in ((a, b), (b, a)):
            take = read_take(model, marks, driver, source, max(LEAST, round(seconds * FPS)))
            jobs.append(_job_of(source, driver, find, take))
    return jobs[:count]


def _job_of(source: Person, driver: Person, find: Face, take: Take) -> Job:
    return Job(
        take,
        lambda: find(source.clip.path, crop="none"),
        lambda side: (source.pictures(side), driver.pictures(side)),
    )

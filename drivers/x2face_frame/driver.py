"""The frame driver: driving vectors encoded from pictures of a driving face."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_plugins import Chunk, NoFaceError, Source, UsageError
from x2face_plugins.mappings.measured import MeasuringEncoder
from x2face_plugins.mappings.transferring import Transfer
from x2face_plugins.media import (
    Box,
    Clip,
    Picture,
    frames_within,
    has_sound,
    hold_last_seen,
    kind_of,
    open_clip,
    prefetch,
    read_vectors,
    squared_distances,
    to_tensor,
)

if TYPE_CHECKING:
    from x2face_frame.settings import Settings
    from x2face_plugins.searching import Search

BATCH = 16
_CUT_SHORT = 0.9  # of the frames that a film promises


class FrameDriver:
    """Offsets from a rest frame, or with `absolute` the driving face's own vectors.

    A film is encoded completely before the first chunk, to choose the rest frame; this takes 512 bytes for each frame.
    Where the run is shorter than the film, the film counts as ended there: the rest is neither searched nor decoded.
    search: of begin_search with these settings
    """

    def __init__(self, settings: Settings, search: Search | None = None) -> None:
        self.settings = settings
        self._search = search
        self.zero = _zero(settings.zero)
        if settings.crop not in ("auto", "none"):
            Box.parse(settings.crop)
        self.kind = kind_of(settings.input)
        self.live = self.kind == "camera"
        if self.live and settings.track is not None:
            raise UsageError(f"--frame-track {settings.track}: camera {settings.input} has no tracks to choose from.")
        self.relative = not settings.absolute and self.kind != "picture"  # a single picture has no motion
        if self.live and self.zero is not None:
            raise UsageError(
                f"--frame-zero {self.zero}: a camera's first picture with a face is at rest; leave it out."
            )
        if not self.relative and (of_rest := _of_rest(settings)) is not None:
            raise UsageError(_without_rest(settings, of_rest))
        self.box: tuple[float, float, float, float] | None = None
        self.sound = Path(settings.input) if self.kind == "film" and has_sound(settings.input) else None
        self.frames: int | None = None
        self.warnings: list[str] = []

    def drive(self, source: Source) -> Iterator[Chunk]:
        if self.live:
            from x2face_frame.camera import drive_by_camera

            motion = self._motion if self.relative else None
            return drive_by_camera(self.settings, source, self._encoder(source), motion, self._found)
        return self._drive(source)

    def _drive(self, source: Source) -> Iterator[Chunk]:
        clip = self._open(source)
        self._found(clip.box)
        vectors, seen = self._read(clip, source)
        if isinstance(encoder := self._encoder(source), MeasuringEncoder):
            vectors = encoder.steadied(vectors, clip.fps)
        wanted = frames_within(source.seconds, clip.fps)
        if clip.is_picture and wanted is not None:
            vectors = vectors.expand(wanted, -1)
        self.frames = len(vectors)
        motion = None
        if self.relative:
            motion = self._motion(source, vectors[self._rest(vectors, seen, source)]).calibrated(source, vectors)
        pictures = self._shown(clip, source) if source.pictures_wanted else None
        for start in range(0, len(vectors), BATCH):
            rows = vectors[start : start + BATCH]
            offsets = rows if motion is None else motion(rows)
            yield Chunk(offsets, clip.fps, None if pictures is None else to_tensor(islice(pictures, len(rows))))

    def _motion(self, source: Source, rest: Tensor) -> Transfer:
        settings = self.settings
        measured = self._measured
        return Transfer.of(
            source, rest, settings.expression, raw=settings.raw, raw_pose=settings.raw_pose, measured=measured
        )

    @property
    def _measured(self) -> bool:
        return self.relative and not (self.settings.raw or self.settings.unmeasured)

    def _encoder(self, source: Source) -> Source | MeasuringEncoder:
        """What encodes the driving pictures."""
        return MeasuringEncoder.of(source) if self._measured else source

    def _found(self, box: Box) -> None:
        self.box = (box.x, box.y, box.side, box.side)

    def _open(self, source: Source) -> Clip:
        search, self._search = self._search, None  # what is read again may have changed
        try:
            return open_clip(
                self.settings.input,
                self.kind,
                self.settings.crop,
                source.crop_scale,
                fps=source.fps,
                track=self.settings.track,
                seconds=source.seconds,
                search=search,
            )
        except NoFaceError as error:
            raise NoFaceError(f"{str(error).rstrip('.')} (--frame-crop x,y,w,h).") from error

    def _read(self, clip: Clip, source: Source) -> tuple[Tensor, NDArray[np.bool_]]:
        """Vectors (n, 128), and in which (n,) pictures a face is seen; others repeat the last one with a face."""
        vectors, seen = read_vectors(clip, self._encoder(source))
        if not seen.any():
            raise NoFaceError(f"{clip.name}: no face was found in any frame; --frame-crop x,y,w,h says where it is.")
        self.warnings += [f"{clip.name}: {remark}" for remark in _remarks(clip, seen, whole=source.seconds is None)]
        hold_last_seen(vectors, seen)
        return vectors, seen

    def _rest(self, vectors: Tensor, seen: NDArray[np.bool_], source: Source) -> int:
        """The index of the rest frame."""
        if self.zero is not None:
            if self.zero >= len(vectors):
                raise UsageError(f"--frame-zero {self.zero}: {_ends(source)} {len(vectors) - 1}.")
            return self.zero
        encoder = self._encoder(source)
        if isinstance(encoder, MeasuringEncoder):
            far = encoder.squared_distances(vectors)
        else:
            far = squared_distances(vectors, source.vector, source)
        far[torch.from_numpy(~seen)] = torch.inf
        return int(far.argmin())

    def _shown(self, clip: Clip, source: Source) -> Iterator[Picture]:
        """Driving crops in the size of the sources, to show next to the result; a single picture is repeated."""
        side = source.pictures.shape[-1]
        crops = clip.crops(side)
        return cycle(crops) if clip.is_picture else prefetch(crops, BATCH)


def _remarks(clip: Clip, seen: NDArray[np.bool_], *, whole: bool) -> Iterator[str]:
    """What the user should know of a clip. whole: it was read to its end"""
    yield from (f"{note}." for note in clip.notes)
    if whole and clip.declared_frames and len(seen) < _CUT_SHORT * clip.declared_frames:
        yield f"ends after {len(seen)} of the {clip.declared_frames} frames it promises; it was cut short."
    if clip.others:
        boxes = " or ".join(f"{box.x:.0f},{box.y:.0f},{box.side:.0f},{box.side:.0f}" for box in clip.others)
        yield (
            f"of {1 + len(clip.others)} faces number {clip.number} from the left drives, the one seen longest and "
            f"largest; --frame-crop {boxes} takes another."
        )
    if missing := int((~seen).sum()):
        yield f"{missing} of {len(seen)} frames without a face, which stays as it was."


def _of_rest(settings: Settings) -> str | None:
    """A setting that needs a rest frame, and what it is; None if there is none."""
    if settings.expression != 1:
        return f"--frame-expression {settings.expression:g}: is a share of the change from a rest frame"
    return None if settings.zero == "auto" else f"--frame-zero {settings.zero}: is a rest frame"


def _without_rest(settings: Settings, given: str) -> str:
    """Why a setting that needs a rest frame does not suit the others."""
    if settings.absolute:
        return f"{given}, and --frame-absolute takes over the driving face as it is; leave out one of them."
    return f"{given}, and {settings.input} is a single picture, which is taken over as it is; leave it out."


def _ends(source: Source) -> str:
    return "the film ends at frame" if source.seconds is None else f"of {source.seconds:g} s of film, the last frame is"


def _zero(text: str) -> int | None:
    if text == "auto":
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise UsageError(f"--frame-zero {text}: either auto or a frame's number, from 0.")
    return int(text)

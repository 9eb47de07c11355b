"""Encoding films as driving vectors, for the driver of films and for fitting mappings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.errors import InputError, NoFaceError
from x2face_core.media.clips import Clip, kind_of, open_clip
from x2face_core.pixels import to_tensor
from x2face_core.sources.source import Model
from x2face_core.streaming.allocating import give_back_freed_memory
from x2face_core.streaming.batching import batches
from x2face_core.streaming.parallel import in_parallel
from x2face_core.streaming.streams import prefetch

BATCH = 16


class Encoder(Protocol):
    """Encodes crops: a source, or a FilmReader.

    side: side of the crops in pixels; it may have `workers`, the number of batches to encode at the same time
    """

    @property
    def side(self) -> int: ...
    def encode(self, pictures: Tensor) -> Tensor: ...


def read_vectors(clip: Clip, encoder: Encoder) -> tuple[Tensor, NDArray[np.bool_]]:
    """Encode a clip: vectors (n, 128), and whether each picture shows the face (n,).

    Pictures are decoded in a thread and encoded in batches, in constant memory.
    """
    workers = int(getattr(encoder, "workers", 1))
    ahead = (batch for _, batch in batches(prefetch(clip.crops(encoder.side), 2 * BATCH), BATCH))
    vectors = joined(in_parallel(lambda batch: encoder.encode(to_tensor(batch)), ahead, workers))
    give_back_freed_memory()
    return vectors, np.array([clip.present(k) for k in range(len(vectors))])


def joined(parts: Iterable[Tensor]) -> Tensor:
    """Parts (k, …) of any number as (n, …), gathered in memory that doubles: not all of them twice at the end."""
    rows, count = torch.empty(0), 0
    for part in parts:
        needed = count + len(part)
        if needed > len(rows):
            larger = torch.empty(max(2 * len(rows), needed), *part.shape[1:])
            if count:
                larger[:count] = rows[:count]
            rows = larger
        rows[count:needed] = part
        count = needed
    return rows[:count]


def hold_last_seen(vectors: Tensor, seen: NDArray[np.bool_]) -> None:
    """Set the vectors (n, 128) of frames without a face to the last one with a face, in place."""
    missing = ~seen
    vectors[torch.from_numpy(missing)] = vectors[torch.from_numpy(last_seen(seen)[missing])]


def last_seen(seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(n,) index of the last frame with a face up to each frame; before the first such frame, its index."""
    numbers = np.where(seen, np.arange(len(seen)), -1)
    last = np.maximum.accumulate(numbers)
    last[last < 0] = int(seen.argmax())
    return last


class FilmReader:
    """Encodes films and renders faces for a mapping's `examples`; implements driving.FilmEncoder.

    whole: pictures are crops of faces already, as in a folder by `x2face prepare`; do not search for faces
    read: called with the number of frames encoded
    films: number of films that gave vectors; faceless: films without a face
    """

    def __init__(self, model: Model, *, whole: bool = False, read: Callable[[int], None] = lambda frames: None) -> None:
        self._model = model
        self._crop = "none" if whole else "auto"
        self._read = read
        self.films = 0
        self.faceless: list[Path] = []

    @property
    def side(self) -> int:
        return self._model.dims.side

    @property
    def reading_scale(self) -> Tensor:
        return self._model.reading_scale

    @property
    def workers(self) -> int:
        return int(getattr(self._model, "workers", 1))

    def __call__(self, path: Path | str) -> tuple[Tensor, float]:
        """Vectors (n, 128) and frame rate; see driving.FilmEncoder."""
        path = Path(path)
        if not path.exists():
            raise InputError(f"{path}: there is no such film.")
        try:
            clip = open_clip(str(path), kind_of(str(path)), self._crop, self._model.dims.crop_scale)
            vectors, seen = read_vectors(clip, self)
        except NoFaceError:
            self.faceless.append(path)
            return self._nothing, 25.0
        self.films += 1
        hold_last_seen(vectors, seen)
        return vectors, clip.fps

    @property
    def _nothing(self) -> Tensor:
        return torch.empty(0, self._model.dims.vector)

    def encode(self, pictures: Tensor) -> Tensor:
        """Crops (n, 3, h, w) in [0, 1] to vectors (n, 128)."""
        parts = []
        for start in range(0, len(pictures), BATCH):
            parts.append(self._model.encode(pictures[start : start + BATCH]).detach().float().cpu())
            self._read(len(parts[-1]))
        return torch.cat(parts) if parts else self._nothing

    def read(self, vectors: Tensor) -> Tensor:
        return self._model.read(vectors).detach().float().cpu()

    def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
        """A crop (3, h, w) driven by vectors (n, 128): frames (n, 3, h, w) in [0, 1]."""
        return self._model.render(self._model.embed(picture[None]), vectors)

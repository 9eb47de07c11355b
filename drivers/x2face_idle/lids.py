"""The mapping `lids`: which way the driving vector goes when eyes blink."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from x2face_idle.blink_detection import by_clip, training_blinks
from x2face_plugins import InputError
from x2face_plugins.tracks import FaceFolder

if TYPE_CHECKING:
    from x2face_plugins import FilmEncoder

VECTOR = 128


class Lids:
    """One direction: `write` of 1 is what an average blink of the films did to the vector, 0 is nothing.

    It is the difference between two frames a moment apart. The shortest way that lowers the weights' lid readings is
    worse: with light-1, on 20 people, its flows close the lids by 16 % where these close them by 30 %, and move the
    rest of the face 1.6 times as far. A regression over all frames takes the head along.
    """

    def __init__(self) -> None:
        self.direction = torch.zeros(VECTOR)

    def write(self, values: Tensor) -> Tensor:
        return torch.as_tensor(values).float() * self.direction

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[tuple[Tensor, Tensor]]:
        """Blinks in a folder of labelled face tracks (docs/data.md): 0 and the frame before, 1 and the closed eyes."""
        for clip, pairs in by_clip(training_blinks(FaceFolder(folder))):
            vectors, _ = film(clip.path)
            for before, closed in pairs:
                if closed < len(vectors):
                    yield torch.tensor([[0.0], [1.0]]), vectors[[before, closed]]

    def fit(self, examples: Iterable[tuple[Tensor, Tensor]]) -> dict[str, Any]:
        """Least squares of how the vectors of each example change with its values."""
        top, bottom, ways = torch.zeros(VECTOR), 0.0, []
        for values, vectors in examples:
            x, v = (torch.as_tensor(one).float() for one in (values, vectors))
            x, v = x[:, 0] - x[:, 0].mean(), v - v.mean(0)
            way = x @ v
            top, bottom = top + way, bottom + float(x @ x)
            ways.append(way)
        if bottom < 1e-9:
            raise InputError("There is no blink to learn from; eyes that close are needed, in films with lid labels.")
        self.direction = top / bottom
        return {"examples": len(ways), "agreement": round(_agreement(torch.stack(ways)), 3)}

    def state_dict(self) -> dict[str, Tensor]:
        return {"direction": self.direction}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        direction = state["direction"].float()
        if direction.shape != (VECTOR,):
            raise ValueError(f"direction has the shape {tuple(direction.shape)}, not ({VECTOR},)")
        self.direction = direction


def _agreement(ways: Tensor) -> float:
    """Mean cosine between an example's direction and the mean of all others; 1 where there is but one."""
    if len(ways) < 2:
        return 1.0
    return float(torch.cosine_similarity(ways, ways.sum(0) - ways, dim=1).mean())

"""The mapping: linear from coefficients of jaw, mouth width and lids to driving vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from x2face_plugins import FilmEncoder, InputError

from x2face_blendshapes.settings import LABELS
from x2face_blendshapes.tracks import Track, liveliest, read_tracks

Pair = tuple[torch.Tensor, torch.Tensor]
EACH = 5  # films of each person, the liveliest
VECTOR = 128
_RIDGE = 1e-4
_TOGETHER = 0.02  # penalty on the difference of both lids: people rarely wink, so that it is mostly noise from the head
_APART = torch.tensor([0.0, 0.0, 1.0, -1.0], dtype=torch.float64) / 2**0.5
_LEAST = 0.03  # least standard deviation of a coefficient within films


class BlendshapesMapping:
    """v(x) = x A, fitted to deviations from the mean of each film, so that identity does not matter."""

    def __init__(self) -> None:
        self.weight = torch.zeros(len(LABELS), VECTOR)
        self._held: list[Pair] = []

    def write(self, values: torch.Tensor) -> torch.Tensor:
        """(n, 4) coefficients to (n, 128)."""
        return torch.as_tensor(values).float() @ self.weight

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """A pair for each film: coefficients (n, 4) and vectors (n, 128) of its labelled frames.

        folder: by `x2face prepare --landmarks`. Films of the split val are stored, for the figures.
        """
        tracks = liveliest(read_tracks(folder), EACH)
        self._held = [_pair(track, film) for track in tracks if track.split == "val"]
        for track in tracks:
            if track.split == "train":
                yield _pair(track, film)

    def fit(self, examples: Iterable[Pair]) -> dict[str, Any]:
        """Least squares; r2 is the share of the vectors' variance within films that is explained."""
        pairs = [(values.double(), vectors.double()) for values, vectors in examples]
        x, v, weights = _within(pairs)
        _check(x)
        square = x.T @ (x * weights) / weights.sum()
        square += _RIDGE * torch.eye(len(LABELS), dtype=x.dtype) + _TOGETHER * torch.outer(_APART, _APART)
        weight = torch.linalg.solve(square, x.T @ (v * weights) / weights.sum())
        self.weight = weight.float()
        x, v, weights = _within([(a.double(), b.double()) for a, b in self._held]) if self._held else (x, v, weights)
        left, all_ = (float((one.square() * weights).sum()) for one in (v - x @ weight, v))
        label = "r2 of people held out" if self._held else "r2"
        return {"films": len(pairs), "rows": sum(len(x) for x, _ in pairs), label: round(1 - left / all_, 3)}

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"weight": self.weight}

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        weight = state["weight"].float()
        if weight.shape != (len(LABELS), VECTOR):
            raise ValueError(f"weight is {tuple(weight.shape)}, not {(len(LABELS), VECTOR)}")
        self.weight = weight


def _pair(track: Track, film: FilmEncoder) -> Pair:
    vectors, _ = film(track.path)
    there = track.frames < len(vectors)
    return torch.from_numpy(track.values[there]).float(), vectors[torch.from_numpy(track.frames[there])]


def _within(pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """All rows, centred for each film, (n, 4) and (n, 128), and weights (n, 1) that reduce the effect of long films."""
    moving = [(x - x.mean(0), v - v.mean(0), torch.full((len(x), 1), len(x) ** -0.5)) for x, v in pairs if len(x) > 1]
    if not moving:
        raise InputError("There is no film of two labelled frames or more to learn from.")
    x, v, weights = (torch.cat(part) for part in zip(*moving, strict=True))
    return x, v, weights.to(x)


def _check(x: torch.Tensor) -> None:
    """InputError if a coefficient hardly varies in the films."""
    for label, deviation in zip(LABELS, x.std(0).tolist(), strict=True):
        if not deviation >= _LEAST:
            raise InputError(
                f"{label} hardly changes in these films (by {deviation:.3f}); films of lively faces are needed."
            )

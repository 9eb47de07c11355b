"""The mapping: linear from the recorded numbers to driving vectors, learned from films with recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from x2face_plugins import FilmEncoder, InputError

from x2face_gamepad.settings import LABELS
from x2face_gamepad.recording import read_recording

Pair = tuple[torch.Tensor, torch.Tensor]  # values (n, k) and vectors (n, 128) of a film
RIDGE = 1e-3  # regularises directions in which the recordings hardly vary


class GamepadMapping:
    """v = x A; `x2face fit gamepad --data FOLDER` learns A.

    Only differences between two results are meaningful: the mean of each film (identity, light) is removed.
    """

    def __init__(self) -> None:
        self.weight = torch.zeros(len(LABELS), 128)

    def write(self, values: torch.Tensor) -> torch.Tensor:
        """(n, k) to (n, 128)."""
        return torch.as_tensor(values).float() @ self.weight

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """For each table NAME.csv with a film NAME.mp4: the values (n, k) and vectors (n, 128) of its frames.

        InputError if there is no such pair.
        """
        tables = [path for path in sorted(folder.glob("*.csv")) if path.with_suffix(".mp4").exists()]
        if not tables:
            raise InputError(f"{folder}: no table NAME.csv with a film NAME.mp4 beside it.")
        for path in tables:
            vectors, fps = film(path.with_suffix(".mp4"))
            if len(vectors):
                yield read_recording(path).at(fps, len(vectors)), vectors

    def fit(self, examples: Iterable[Pair]) -> dict[str, Any]:
        """Ridge regression on deviations from the mean of each film.

        explained: share of the variance of the last film that a fit to all other films explains; needs two films
        """
        pairs = [within(values, vectors) for values, vectors in examples]
        self.weight = solve(pairs).float()
        figures: dict[str, Any] = {"films": len(pairs), "rows": sum(len(values) for values, _ in pairs)}
        if len(pairs) > 1:
            figures["explained"] = round(explained(solve(pairs[:-1]), pairs[-1]), 3)
        return figures

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"weight": self.weight}

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        self.weight = state["weight"]


def within(values: torch.Tensor, vectors: torch.Tensor) -> Pair:
    """A film's values and vectors minus their means, which hold identity and light, not motion."""
    values, vectors = values.double(), vectors.double()
    return values - values.mean(dim=0), vectors - vectors.mean(dim=0)


def solve(pairs: Sequence[Pair]) -> torch.Tensor:
    """(k, 128): the linear map fitted to all films."""
    values, vectors = (torch.cat(part) for part in zip(*pairs, strict=True))
    square = values.T @ values + RIDGE * len(values) * torch.eye(values.shape[1], dtype=values.dtype)
    return torch.linalg.solve(square, values.T @ vectors)


def explained(weight: torch.Tensor, film: Pair) -> float:
    """Share of the variance of a film's vectors that a map explains, at most 1."""
    values, vectors = film
    return 1 - float((vectors - values @ weight).square().sum() / vectors.square().sum())

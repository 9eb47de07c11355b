"""The mapping: a linear one from the recorded numbers to driving vectors, learned from films with recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from x2face_plugins import FilmEncoder, InputError

from x2face_gamepad.settings import LABELS
from x2face_gamepad.recording import read_recording

Pair = tuple[torch.Tensor, torch.Tensor]  # values (n, k) and vectors (n, 128) of a film
RIDGE = 1e-3  # keeps the solution tame where the recordings hardly vary


class GamepadMapping:
    """v = x A; `x2face fit gamepad --data FOLDER` learns A.

    Only differences between two of its answers mean something: who is in a film, and in which light, is left out.
    """

    def __init__(self) -> None:
        self.weight = torch.zeros(len(LABELS), 128)

    def write(self, values: torch.Tensor) -> torch.Tensor:
        """(n, k) to (n, 128)."""
        return torch.as_tensor(values).float() @ self.weight

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """Of each table NAME.csv with a film NAME.mp4 beside it: the values (n, k) and vectors (n, 128) of its frames.

        InputError where there is no such pair.
        """
        tables = [path for path in sorted(folder.glob("*.csv")) if path.with_suffix(".mp4").exists()]
        if not tables:
            raise InputError(f"{folder}: no table NAME.csv with a film NAME.mp4 beside it.")
        for path in tables:
            vectors, fps = film(path.with_suffix(".mp4"))
            if len(vectors):
                yield read_recording(path).at(fps, len(vectors)), vectors

    def fit(self, examples: Iterable[Pair]) -> dict[str, Any]:
        """Ridge regression on what changes within each film.

        explained: the share of an unseen film's motion that the numbers account for, by learning from all films but
        the last one and asking that one; it needs two films
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
    """A film's values and vectors about their means: a vector also holds who it is, which is nobody's motion."""
    values, vectors = values.double(), vectors.double()
    return values - values.mean(dim=0), vectors - vectors.mean(dim=0)


def solve(pairs: Sequence[Pair]) -> torch.Tensor:
    """(k, 128): the linear map that the films agree on."""
    values, vectors = (torch.cat(part) for part in zip(*pairs, strict=True))
    square = values.T @ values + RIDGE * len(values) * torch.eye(values.shape[1], dtype=values.dtype)
    return torch.linalg.solve(square, values.T @ vectors)


def explained(weight: torch.Tensor, film: Pair) -> float:
    """The share of a film's motion that a map accounts for: 1 is all of it, 0 none."""
    values, vectors = film
    return 1 - float((vectors - values @ weight).square().sum() / vectors.square().sum())

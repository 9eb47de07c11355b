"""The mapping: a linear one from the recorded numbers to driving vectors, learned from films with recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from x2face_plugins import FilmEncoder, InputError

from x2face_gamepad.plugin import LABELS
from x2face_gamepad.recording import read_recording

RIDGE = 1e-3  # keeps the solution tame where the recordings hardly vary


class GamepadMapping:
    """v = x A + b; `x2face fit gamepad --data FOLDER` learns A and b."""

    def __init__(self) -> None:
        self.weight = torch.zeros(len(LABELS), 128)
        self.bias = torch.zeros(128)

    def write(self, values: torch.Tensor) -> torch.Tensor:
        """(n, k) to (n, 128)."""
        return torch.as_tensor(values).float() @ self.weight + self.bias

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Of each table NAME.csv with a film NAME.mp4 beside it: the values (n, k) and vectors (n, 128) of its frames.

        InputError where there is no such pair.
        """
        tables = [path for path in sorted(folder.glob("*.csv")) if path.with_suffix(".mp4").exists()]
        if not tables:
            raise InputError(f"{folder}: no table NAME.csv with a film NAME.mp4 beside it.")
        for path in tables:
            vectors, fps = film(path.with_suffix(".mp4"))
            yield read_recording(path).at(fps, len(vectors)), vectors

    def fit(self, examples: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, Any]:
        """Least squares with a little ridge; r2 is the share of the vectors' variance that the numbers explain."""
        x, v = (torch.cat(part).double() for part in zip(*examples, strict=True))
        inputs, outputs = x - x.mean(dim=0), v - v.mean(dim=0)
        square = inputs.T @ inputs + RIDGE * len(x) * torch.eye(x.shape[1], dtype=x.dtype)
        weight = torch.linalg.solve(square, inputs.T @ outputs)
        self.weight, self.bias = weight.float(), (v.mean(dim=0) - x.mean(dim=0) @ weight).float()
        left = (outputs - inputs @ weight).square().sum() / outputs.square().sum()
        return {"rows": len(x), "r2": 1 - float(left)}

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"weight": self.weight, "bias": self.bias}

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        self.weight, self.bias = state["weight"], state["bias"]

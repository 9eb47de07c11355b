"""A factor that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from x2face_plugins.mappings.affine import Affine, AffineFactor


class FirstNumbers:
    """A vector's first numbers, by default three, as angles in degrees; what is written has zeros behind them."""

    def __init__(self, labels: tuple[str, ...] = ("roll", "pitch", "yaw")) -> None:
        self.labels, self.units = labels, ("degrees",) * len(labels)

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors[:, : len(self.labels)]

    def write(self, values: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.pad(values, (0, 128 - len(self.labels)))

    def examples(self, folder: Any, film: Any) -> list[tuple[torch.Tensor, torch.Tensor]]:
        return []

    def fit(self, examples: Any) -> dict[str, Any]:
        return {}

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {}

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None: ...


class Followed(AffineFactor):
    """The mapping mouth reads and writes a vector's first number, eyes the second, pose the third.

    0.8 of a change is followed; nothing is corrected.
    """

    def __init__(self, name: str) -> None:
        super().__init__(1)
        column = torch.eye(128)[:, [("mouth", "eyes", "pose").index(name)]]
        self.reading, self.writing = Affine(column.T, torch.zeros(1)), Affine(column, torch.zeros(128))
        self.followed = torch.tensor([0.8])

    def examples(self, folder: Any, film: Any) -> list[Any]:
        return []

    def fit(self, examples: Any) -> dict[str, Any]:
        return {}


class Measurable(Followed):
    """The mappings pose, mouth and eyes read and write 3, 2 and 4 numbers of a vector, from the first on."""

    def __init__(self, name: str) -> None:
        AffineFactor.__init__(self, {"pose": 3, "mouth": 2, "eyes": 4}[name])
        first, count = {"pose": 0, "mouth": 3, "eyes": 5}[name], len(self.followed)
        columns = torch.eye(128)[:, first : first + count]
        self.reading, self.writing = Affine(columns.T, torch.zeros(count)), Affine(columns, torch.zeros(128))

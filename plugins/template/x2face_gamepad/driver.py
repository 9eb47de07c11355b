"""The driver: from stick to degrees, from degrees to offsets of the driving vector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from x2face_plugins import Chunk, InputError, Source

if TYPE_CHECKING:
    from x2face_gamepad.settings import Settings


class GamepadDriver:
    """Yields the whole recording as one chunk; a long one should be yielded in pieces."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sticks = read_recording(settings.input)

    def drive(self, source: Source) -> Iterator[Chunk]:
        """(n, 128) offsets, one row for each line of the recording."""
        pose = source.factor("pose")
        start = pose.read(source.vector[None])  # (1, 3): the source's roll, pitch and yaw in degrees
        turn = self.settings.reach * turns(self.sticks)
        yield Chunk(pose.write(start + turn) - pose.write(start), fps=self.settings.fps)


def turns(sticks: torch.Tensor) -> torch.Tensor:
    """Stick positions (n, 2) to roll, pitch and yaw (n, 3) in degrees for a reach of 1: right turns right, up turns up."""
    x, y = sticks.unbind(dim=1)
    return torch.stack([torch.zeros_like(x), y, x], dim=1)


def read_recording(path: Path) -> torch.Tensor:
    """Read stick positions (n, 2), each from -1 to 1. InputError if the file is missing or has another format."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text: {error}.") from error
    rows = [_stick(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise InputError(f"{path} holds no line; a line a moment is needed, such as 0.5 -0.25.")
    return torch.tensor(rows)


def _stick(path: Path, number: int, line: str) -> tuple[float, float]:
    try:
        x, y = (float(word) for word in line.split())
    except ValueError:
        x = y = torch.inf
    if not (abs(x) <= 1 and abs(y) <= 1):
        raise InputError(f"{path}, line {number}: expected x and y, each from -1 to 1, found {line!r}.")
    return x, y

"""The driver: encodes pictures as driving vectors, and interpolates between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from x2face_plugins import Chunk, InputError, Source
from x2face_plugins.media import read_picture, to_tensor

if TYPE_CHECKING:
    from x2face_gamepad.settings import Settings


class GamepadDriver:
    """Yields one chunk for each step from a picture to the next."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = picture_files(settings.input)

    def drive(self, source: Source) -> Iterator[Chunk]:
        """(n, 128) driving vectors at the frame rate of the film."""
        vectors = [encode_file(source, file) for file in self.files]
        steps = max(1, round(self.settings.hold * source.fps))
        shares = torch.arange(steps)[:, None] / steps  # (steps, 1)
        for a, b in pairwise(vectors):
            yield Chunk(a + shares * (b - a), fps=source.fps)
        yield Chunk(vectors[-1][None], fps=source.fps)


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder. InputError if there are none."""
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in (".png", ".jpg", ".jpeg"))
    if not files:
        raise InputError(f"{folder}: no folder with pictures (.png, .jpg).")
    return files


def encode_file(source: Source, path: Path) -> torch.Tensor:
    """The driving vector (128,) of a picture file. InputError if the file is not a picture."""
    return source.encode(to_tensor(read_picture(path)[None]))[0]

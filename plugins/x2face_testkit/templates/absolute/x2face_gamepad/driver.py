"""The driver: encodes pictures as driving vectors, and interpolates between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from x2face_plugins import Chunk, InputError, Source

if TYPE_CHECKING:
    from x2face_gamepad.settings import Settings


class GamepadDriver:
    """Yields one chunk for each step from a picture to the next."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files = picture_files(settings.input)

    def drive(self, source: Source) -> Iterator[Chunk]:
        """(n, 128) driving vectors at the frame rate of the film."""
        vectors = [source.encode(read_picture(file))[0] for file in self.files]
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


def read_picture(path: Path) -> torch.Tensor:
    """Read a picture as (1, 3, h, w) float32 in [0, 1]. InputError if the file is not a picture."""
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as picture:
            pixels = np.array(picture.convert("RGB"))
    except OSError as error:
        raise InputError(f"{path} is no picture: {error}.") from error
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255

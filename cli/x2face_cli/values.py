"""What a word of the command line may be: paths, and numbers within bounds that a machine can do something with."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import click

from x2face_core.bounds import LONGEST
from x2face_core.files.faults import expanded

LARGEST = 2**53  # whole numbers up to it are exact wherever they go
YEAR = 366 * 24 * 60.0  # minutes
SEEDS = 2**32 - 1  # up to which every generator takes one


class PlacePath(click.Path):
    """A file or a folder; ~ is the user's home, also where the shell has not said so, as in --data=~/tracks."""

    def __init__(self, **more: Any) -> None:
        super().__init__(path_type=Path, **more)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("is empty; a file or a folder is needed.", param, ctx)
        return super().convert(expanded(value), param, ctx)


class Word(click.ParamType[str]):
    """A name or a file, in any case something; ~ is the user's home as in PlacePath."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value):
            self.fail("is empty; leave the option out, or give it a value.", param, ctx)
        return os.path.expanduser(value) if "/" in str(value) else str(value)  # noqa: PTH111 (keeps a / at the end)


class WholeRange(click.IntRange):
    """A whole number within bounds; without any, one that is exact wherever it goes."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if abs(number) > LARGEST:
            self.fail(f"{value} is too large a number.", param, ctx)
        return number


class FiniteRange(click.FloatRange):
    """A number within bounds; nan and inf are none."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


def minutes() -> FiniteRange:
    """How long a training run takes."""
    return FiniteRange(0, YEAR, min_open=True)


def seconds() -> FiniteRange:
    """How long a film is."""
    return FiniteRange(0, LONGEST, min_open=True)

"""Parameter types of the command line: paths, and numbers within bounds."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import click

from x2face_core.bounds import LONGEST
from x2face_core.files.faults import expanded

LARGEST = 2**53  # integers up to this are exact as float64
YEAR = 366 * 24 * 60.0  # minutes
SEEDS = 2**32 - 1  # the largest seed that all generators accept


class ExpandedPath(click.Path):
    """A path; ~ is expanded even if the shell does not, as in --data=~/tracks.

    Whether it may be read is said by who reads it: an InputError, not wrong usage.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(path_type=Path, readable=False, **more)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("is empty; a file or a folder is needed.", param, ctx)
        return super().convert(expanded(value), param, ctx)


class Word(click.ParamType[str]):
    """A non-empty name or path; ~ is expanded as in ExpandedPath."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not str(value):
            self.fail("is empty; leave the option out, or give it a value.", param, ctx)
        return os.path.expanduser(value) if "/" in str(value) else str(value)  # noqa: PTH111 (keeps a trailing slash)


class WholeRange(click.IntRange):
    """A whole number within bounds; without bounds, up to LARGEST."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if abs(number) > LARGEST:
            self.fail(f"{value} is too large a number.", param, ctx)
        return number


class FiniteRange(click.FloatRange):
    """A finite number within bounds."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no finite number.", param, ctx)
        return number


def minutes() -> FiniteRange:
    """The type of a training time in minutes."""
    return FiniteRange(0, YEAR, min_open=True)


def seconds() -> FiniteRange:
    """The type of a film's length in seconds."""
    return FiniteRange(0, LONGEST, min_open=True)

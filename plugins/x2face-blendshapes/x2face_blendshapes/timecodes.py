"""Timecodes as seconds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

_FORM = re.compile(r"(\d+):(\d{1,2}):(\d{1,2}):(\d{1,3}(?:\.\d*)?)$")
_USUAL = (24, 25, 30, 60, 120)
_DAY = 24 * 3600.0


def parse(text: str) -> tuple[float, float]:
    """HH:MM:SS:FF.fff to whole seconds, and the frame number in the second. ValueError for anything else."""
    found = _FORM.match(text.strip())
    if found is None:
        raise ValueError(text)
    hours, minutes, seconds, frames = (float(part) for part in found.groups())
    return 3600 * hours + 60 * minutes + seconds, frames


def seconds_of(times: Sequence[tuple[float, float]], rate: int | None) -> np.ndarray:
    """(n,) seconds of parsed timecodes since the first one; they may pass midnight.

    rate: frames a second of the timecodes; None: inferred
    """
    whole, frames = np.array(times).T
    seconds = whole + frames / (rate or rate_of(whole, frames))
    days = np.concatenate([[0], np.cumsum(np.diff(seconds) < -_DAY / 2)])
    since: np.ndarray = seconds + days * _DAY - seconds[0]
    return since


def rate_of(whole: np.ndarray, frames: np.ndarray) -> int:
    """The common rate that matches the frame numbers; 60, the default of Live Link Face, for less than a second."""
    top = frames.max()
    if np.unique(whole).size < 3 and top < 60:
        return 60
    return next((rate for rate in _USUAL if rate > top), 240)

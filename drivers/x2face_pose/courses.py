"""The pose over time, from a driver's settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from x2face_plugins import UsageError
from x2face_pose.curves import Curve, Floats
from x2face_pose.settings import AXES, Settings
from x2face_pose.tables import LIMIT, read_table

SECONDS = 4.0
_CLOSE = 1e-6  # of a frame


@dataclass(frozen=True, eq=False)
class Course:
    """Curves of the given axes over time.

    curves: degrees over time by axis; for sweeps, time goes from 0 in the first frame to 1 in the last
    seconds: length; the last row of a table is a frame at this time
    """

    curves: Mapping[str, Curve]
    seconds: float
    sweeps: bool

    def frames(self, fps: float) -> int:
        length = self.seconds * fps
        return max(1, round(length)) if self.sweeps else math.floor(length + _CLOSE) + 1

    def degrees(self, rows: Floats, fps: float) -> Floats:
        """Frame numbers (n,) to roll, pitch, yaw (n, 3) in degrees; NaN for an axis that is not given."""
        times = rows / max(self.frames(fps) - 1, 1) if self.sweeps else rows / fps
        columns = [self.curves[axis](times) if axis in self.curves else np.full(len(rows), np.nan) for axis in AXES]
        return np.stack(columns, axis=1)


def course_of(settings: Settings) -> Course:
    """Make a course. UsageError for contradicting settings, InputError for a table that cannot be read."""
    named = {axis: text for axis in AXES if (text := getattr(settings, axis)) is not None}
    if settings.input is None:
        return _sweeps(named, SECONDS if settings.seconds is None else settings.seconds)
    if named:
        flags = " and ".join(f"--pose-{axis}" for axis in named)
        raise UsageError(f"--pose {settings.input} says all about the pose; give it or {flags}, not both.")
    times, columns = read_table(settings.input)
    if len(times) > 1 and settings.seconds is not None:
        raise UsageError(f"--pose-seconds {settings.seconds:g}: {settings.input} says itself how long it lasts.")
    curves = {axis: Curve(times, values) for axis, values in columns.items()}
    if len(times) == 1:
        return Course(curves, SECONDS if settings.seconds is None else settings.seconds, sweeps=True)
    return Course(curves, float(times[-1]), sweeps=False)


def _sweeps(named: Mapping[str, str], seconds: float) -> Course:
    if not named:
        raise UsageError(
            "--driver pose: nothing says how the head shall turn; "
            "give --pose FILE.csv, or --pose-yaw -25:25, --pose-pitch or --pose-roll."
        )
    return Course({axis: _sweep(axis, text) for axis, text in named.items()}, seconds, sweeps=True)


def _sweep(axis: str, text: str) -> Curve:
    """The curve of A:B, of keyframes A,B,C, or of a constant angle A."""
    parts = text.split(":") if ":" in text else text.split(",")
    try:
        values = np.array([float(part) for part in parts])
    except ValueError:
        values = np.array([np.nan])
    if not np.isfinite(values).all() or (":" in text and len(values) != 2):
        raise UsageError(f"--pose-{axis} {text}: expected degrees, as A:B or as keyframes A,B,C.")
    if np.abs(values).max() > LIMIT:
        raise UsageError(f"--pose-{axis} {text}: goes beyond {LIMIT} degrees, where no face is left to see.")
    return Curve(np.linspace(0, 1, len(values)), values)

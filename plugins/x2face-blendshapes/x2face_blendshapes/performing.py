"""Coefficients and angles of a take after its settings (gain, rest, flip, mirror) are applied."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from x2face_plugins import InputError

from x2face_blendshapes.channels import HEAD, USED, coefficients, degrees, gaze, ignored, known, mirrored
from x2face_blendshapes.takes import Take

if TYPE_CHECKING:
    from x2face_blendshapes.settings import Settings


def performed(take: Take, settings: Settings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients (n, 4), degrees (n, 3) and gaze (n, 2), a row each. InputError for implausible angles."""
    there = {name: column for given, column in take.channels.items() if (name := known(given))}
    if not there:
        raise InputError(f"{settings.input}: none of its columns is one of {', '.join(USED)}.")
    values = settings.gain * coefficients(there)
    angles = degrees(there, _per_unit(there, settings), settings.flip)
    angles = settings.head * (angles - _rest(angles, settings.rest))
    looks = settings.gain * gaze(there)
    return mirrored(values, angles, looks) if settings.mirror else (values, angles, looks)


def _per_unit(there: dict[str, np.ndarray], settings: Settings) -> float:
    """Degrees for a unit of the angles."""
    if settings.angles == "degrees":
        return 1.0
    for name in HEAD:
        if name in there and (most := float(np.abs(there[name]).max())) > math.pi:
            raise InputError(
                f"{settings.input}: {name} goes to {most:.1f}, which cannot be radians; "
                "--blendshapes-angles degrees takes it for degrees."
            )
    return math.degrees(1)


def _rest(angles: np.ndarray, rest: str) -> np.ndarray:
    if rest == "none":
        return np.zeros(angles.shape[1])
    straight: np.ndarray = angles[0] if rest == "first" else np.median(angles, axis=0)
    return straight


def warnings_of(take: Take, settings: Settings) -> list[str]:
    warnings = []
    if names := ignored(take.channels):
        warnings.append(f"{settings.input} moves channels that are not shown: {', '.join(names)}.")
    if take.lost:
        rows = take.lost + len(take.seconds)
        warnings.append(
            f"{settings.input} shows no face in {take.lost} of {rows} rows; the face moves straight past them."
        )
    return warnings

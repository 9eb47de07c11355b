"""What the driving head does over time: it turns, nods, tilts, speaks, blinks and smiles, and comes back to rest."""

from __future__ import annotations

import numpy as np

from synthetic_head.state import State

FPS = 25
SECONDS = 7.8

# Seconds and values in turn; eased from one to the next, at rest at each.
KEYS = {
    "yaw": "0 0, 0.3 0, 1.05 24, 1.35 24, 2.5 -24, 2.8 -24, 3.5 3, 4.5 -5, 5.3 9, 6.1 -9, 6.8 2, 7.6 0",
    "pitch": "0 0, 0.3 0, 1 3, 1.7 -5, 2.5 4, 3.1 -2, 3.65 14, 4.35 -14, 4.95 8, 5.5 -8, 6.1 4, 6.7 -2, 7.5 0",
    "roll": "0 0, 0.5 0, 1.1 3, 2.4 -3, 3.4 0, 4.4 0, 5.1 14, 6 -14, 6.8 2, 7.5 0",
    "smile": "0 0, 0.5 0.1, 1.2 0, 5.9 0, 6.5 1, 7 1, 7.6 0",
    "brows": "0 0, 3.1 0, 3.5 1, 4.2 0, 6.2 0, 6.6 0.7, 7.5 0",
    "mouth_open": (
        "0 0, 0.9 0, 1.05 0.45, 1.2 0.1, 1.4 0.75, 1.6 0.05, 1.75 0.3, 1.9 0.15, 2.1 0.6, 2.3 0, 2.6 0, "
        "2.75 0.35, 2.9 0.12, 3.1 0.9, 3.4 0.3, 3.55 0, 3.7 0.4, 3.85 0.1, 4.05 0.55, 4.25 0.05, 4.4 0.3, 4.6 0, "
        "4.8 0, 5.05 1, 5.35 0.15, 5.5 0.4, 5.75 0.05, 5.95 0.5, 6.15 0, 6.5 0.14, 6.95 0.14, 7.4 0"
    ),
    "mouth_width": (
        "0 0, 0.9 0, 1.05 0.5, 1.2 0, 1.4 0, 1.6 -0.8, 1.75 -0.9, 1.95 0.6, 2.1 0.1, 2.3 0, 2.6 0, 2.75 0.8, "
        "2.95 -0.3, 3.1 0, 3.4 -0.9, 3.55 -0.2, 3.7 0.7, 3.9 0, 4.05 -0.6, 4.25 0.3, 4.6 0, 5.05 0, 5.35 -0.9, "
        "5.5 0.5, 5.75 -0.3, 6 0, 7.4 0"
    ),
}
BLINKS = (0.55, 1.95, 3.2, 4.5, 5.65, 7.25)  # seconds at which the lids are closed


def eased(keys: str, seconds: float) -> float:
    """The value of a row of KEYS at a moment."""
    times, values = zip(*((float(n) for n in key.split()) for key in keys.split(", ")), strict=True)
    k = int(np.clip(np.searchsorted(times, seconds, side="right") - 1, 0, len(times) - 2))
    t = min(max((seconds - times[k]) / (times[k + 1] - times[k]), 0.0), 1.0)
    return float(values[k] + (values[k + 1] - values[k]) * t * t * (3 - 2 * t))


def lids(seconds: float) -> float:
    """How far the lids are closed: they fall within 0.1 s and rise within 0.2 s."""
    since = [seconds - blink for blink in BLINKS]
    closed = max(1 - (-s / 0.12 if s < 0 else max(s - 0.04, 0) / 0.2) for s in since)
    t = min(max(closed, 0.0), 1.0)
    return t * t * (3 - 2 * t)


def state_at(seconds: float) -> State:
    """The driving head at a moment of its film."""
    return State(**{name: eased(keys, seconds) for name, keys in KEYS.items()}, blink=lids(seconds))


def moments() -> list[float]:
    """The seconds at which the film's frames are."""
    return [k / FPS for k in range(round(SECONDS * FPS))]

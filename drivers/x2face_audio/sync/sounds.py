"""Sound as rows of 13 MFCC, a hundred a second, as SyncNet reads it (Chung & Zisserman, Out of time, 2016)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 16000
FPS = 25
COEFFICIENTS = 13
ROWS = 20
_HOP, _FRAME = 160, 400  # samples: a row every 10 ms, each from 25 ms
WINDOW = (ROWS - 1) * _HOP + _FRAME
"""Samples behind 20 rows: 3440, 0.215 s.

python_speech_features pads what it is given to whole rows. 0.2 s (3200 samples) hold 18 of them and give 19; the
twentieth needs 3440, or 3201 more than the padding would tell from silence. Here no row is padded.
"""
CENTRE = WINDOW // 2
"""The sample of a window that its moment is at."""
_FLOOR = 1e-4


def mfcc(samples: Samples) -> NDArray[np.float32]:
    """(m,) samples at 16 kHz in [-1, 1] to (1 + (m - 400) // 160, 13) rows, each from 25 ms, log energy first.

    Noise at -80 dB is added, so that digital silence reads as a quiet room does. It repeats every 1/25 s: silence has
    the same rows in every frame.
    """
    from python_speech_features import mfcc as speech_mfcc

    rows = 1 + (len(samples) - _FRAME) // _HOP
    whole = samples[: (rows - 1) * _HOP + _FRAME]
    noisy = whole + _hiss(len(whole))
    found = speech_mfcc(noisy, RATE, numcep=COEFFICIENTS, winlen=_FRAME / RATE, winstep=_HOP / RATE, nfft=512)
    return np.asarray(found, np.float32)


def _hiss(length: int) -> Samples:
    """It begins and ends at 0, so that the pre-emphasis finds no difference where a stretch of sound begins."""
    tile = np.random.default_rng(0).standard_normal(RATE // FPS, dtype=np.float32) * np.float32(_FLOOR)
    tile[[0, -1]] = 0
    return np.resize(tile, length)


def windows(rows: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """(m, 13) rows to (n, 20, 13), one window from each start; rows beyond either end repeat the last one."""
    at = starts[:, None] + np.arange(ROWS)
    cut: NDArray[np.float32] = rows[at.clip(0, len(rows) - 1)]
    return cut

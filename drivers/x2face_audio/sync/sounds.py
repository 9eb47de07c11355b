"""Sound as 13 MFCC at 100 rows a second, the input of SyncNet (Chung & Zisserman, Out of time, 2016)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 16000
FPS = 25
COEFFICIENTS = 13
ROWS = 20
_HOP, _FRAME = 160, 400  # samples: hop of 10 ms, frame of 25 ms
WINDOW = (ROWS - 1) * _HOP + _FRAME
"""Samples of 20 rows without padding: 3440, 0.215 s.

python_speech_features pads its input to whole rows: 0.2 s (3200 samples) hold 18 rows and give 19. Here none is padded.
"""
CENTRE = WINDOW // 2
"""Index in a window of the sample at its time."""
_FLOOR = 1e-4


def mfcc(samples: Samples) -> NDArray[np.float32]:
    """(m,) samples at 16 kHz in [-1, 1] to (1 + (m - 400) // 160, 13) MFCC, log energy first.

    Noise at -80 dB is added, so that digital silence is similar to a quiet room. It has a period of 1/25 s, so that
    silence has the same rows in every frame.
    """
    from python_speech_features import mfcc as speech_mfcc

    rows = 1 + (len(samples) - _FRAME) // _HOP
    whole = samples[: (rows - 1) * _HOP + _FRAME]
    noisy = whole + _hiss(len(whole))
    found = speech_mfcc(noisy, RATE, numcep=COEFFICIENTS, winlen=_FRAME / RATE, winstep=_HOP / RATE, nfft=512)
    return np.asarray(found, np.float32)


def _hiss(length: int) -> Samples:
    """Periodic noise; a period begins and ends at 0, so that pre-emphasis does not depend on where a block begins."""
    tile = np.random.default_rng(0).standard_normal(RATE // FPS, dtype=np.float32) * np.float32(_FLOOR)
    tile[[0, -1]] = 0
    return np.resize(tile, length)


def windows(rows: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """(m, 13) rows to windows (n, 20, 13) from each start; beyond either end, the end row is repeated."""
    at = starts[:, None] + np.arange(ROWS)
    cut: NDArray[np.float32] = rows[at.clip(0, len(rows) - 1)]
    return cut

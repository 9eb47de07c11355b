"""Checks of brightness and sharpness of a crop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from x2face_core.media.boxes import Box, crop
from x2face_core.media.pictures import Picture
from x2face_core.pixels import to_tensor
from x2face_core.suitability.findings import Finding, make_finding

DARKEST = 0.25
"""Smallest 95th percentile of the face's luma in [0, 1]. Highlights of skin of any tone are above it."""
SOFTEST = 0.6
"""Smallest ratio of second to first differences of luma at 128 pixels a side; below it edges are blurred."""
SIDE, _FACE = 128, slice(24, 104)
"""Side in pixels at which crops are checked, and the range of the face in them."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Floats = NDArray[np.floating]


def brightness(portrait: Picture) -> Finding:
    """Whether the face is bright enough. portrait: (h, h, 3) uint8, a crop"""
    lights = float(np.percentile(_luma(portrait), 95))
    fine, remedy = "bright enough", "a brighter picture, or one that was brightened, is followed better"
    return make_finding("light", lights >= DARKEST, fine, f"the face is dark ({lights:.0%} of white)", remedy, lights)


def sharpness(portrait: Picture) -> Finding:
    """Whether the face is sharp enough. portrait: (h, h, 3) uint8, a crop"""
    sharp = edge_sharpness(_luma(portrait))
    remedy = "a sharper picture makes a sharper film"
    return make_finding("sharpness", sharp >= SOFTEST, "sharp", "the face is blurred", remedy, sharp)


def edge_sharpness(luma: Floats) -> float:
    """Ratio of mean second to mean first differences of luma (h, w): high for narrow edges, low for wide ones."""
    second = np.abs(4 * luma[1:-1, 1:-1] - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]).mean()
    first = np.abs(np.diff(luma, axis=1)).mean() + np.abs(np.diff(luma, axis=0)).mean()
    return float(second / (first + 1e-3))


def _luma(portrait: Picture) -> Floats:
    """Luma (80, 80) in [0, 1] of the middle of the crop."""
    face = to_tensor([crop(portrait, Box(0, 0, portrait.shape[0]), SIDE)[_FACE, _FACE]])[0].numpy()  # (3, h, w)
    luma: Floats = np.tensordot(_LUMA, face, 1)
    return luma

"""Whether a crop is bright and sharp enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from x2face_core.media.boxes import Box, crop
from x2face_core.media.pictures import Picture
from x2face_core.suitability.findings import Finding, judged

DARKEST = 0.25
"""95th percentile of the face's luma, of 1. Skin of any tone has lights above; underexposed pictures have not."""
SOFTEST = 0.6
"""Mean second difference of luma over its mean slope, at 128 pixels a side: below, edges are wider than two of them."""
SIDE, _FACE = 128, slice(24, 104)
"""Pixels of the crops that are judged, and where the face is in them."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Floats = NDArray[np.floating]


def brightness(portrait: Picture) -> Finding:
    """portrait: (h, h, 3) uint8, a crop"""
    lights = float(np.percentile(_luma(portrait), 95))
    fine, remedy = "bright enough", "a brighter picture, or one that was brightened, is followed better"
    return judged("light", lights >= DARKEST, fine, f"the face is dark ({lights:.0%} of white)", remedy, lights)


def sharpness(portrait: Picture) -> Finding:
    """portrait: (h, h, 3) uint8, a crop"""
    sharp = edge_sharpness(_luma(portrait))
    remedy = "a sharper picture makes a sharper film"
    return judged("sharpness", sharp >= SOFTEST, "sharp", "the face is blurred", remedy, sharp)


def edge_sharpness(luma: Floats) -> float:
    """Of (h, w): high where brightness changes from pixel to pixel, low where it changes over several."""
    second = np.abs(4 * luma[1:-1, 1:-1] - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]).mean()
    first = np.abs(np.diff(luma, axis=1)).mean() + np.abs(np.diff(luma, axis=0)).mean()
    return float(second / (first + 1e-3))


def _luma(portrait: Picture) -> Floats:
    """(80, 80) in [0, 1], the middle of the crop."""
    small = crop(portrait, Box(0, 0, portrait.shape[0]), SIDE)
    luma: Floats = (small[_FACE, _FACE].astype(np.float32) / 255) @ _LUMA
    return luma

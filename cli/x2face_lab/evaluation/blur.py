"""Sharpness of a picture alone, by the widths of its edges (after CPBD, Narvekar and Karam 2011)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK = 64
_LEAST = 0.002
"""Share of edge pixels from which a block counts."""
_CONTRAST, _WIDTHS = 50.0, (5.0, 3.0)
"""Contrast of a block in grey levels, and the width of an edge that is just noticeably blurred up to it and above."""
_BETA, _NOTICED = 3.6, 0.63
Floats = NDArray[np.float64]


def cpbd(picture: NDArray[np.uint8]) -> float:
    """The share of edges whose blur is not noticed, 0 … 1, higher is sharper; NaN for a picture without edges.

    picture: (h, w, 3) RGB. Edges are vertical ones, found by Canny; their width is that of the monotonic run along the
    row. As published but for the edge detector's thresholds.
    """
    from skimage.color import rgb2gray
    from skimage.feature import canny
    from skimage.filters import sobel_h, sobel_v

    grey = np.asarray(rgb2gray(picture), np.float64) * 255
    edges = np.asarray(canny(grey / 255, sigma=1.0)) & (np.abs(sobel_v(grey)) > np.abs(sobel_h(grey)))
    widths = edge_widths(grey)
    blurs = [
        1 - np.exp(-((widths[block][edges[block]] / _noticeable(grey[block])) ** _BETA))
        for block in _blocks(grey.shape)
        if edges[block].mean() > _LEAST
    ]
    return float((np.concatenate(blurs) <= _NOTICED).mean()) if blurs else float("nan")


def _noticeable(block: Floats) -> float:
    low, high = _WIDTHS
    return low if np.ptp(block) <= _CONTRAST else high


def _blocks(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    starts = [range(0, length, _BLOCK) for length in shape]
    return [(slice(y, y + _BLOCK), slice(x, x + _BLOCK)) for y in starts[0] for x in starts[1]]


def edge_widths(grey: Floats) -> Floats:
    """(h, w): for each pixel the steps of the longest monotonic run along its row that it lies in."""
    signs = np.sign(np.diff(grey, axis=1))  # (h, w - 1)
    before = np.zeros(grey.shape)  # steps of the run that ends at each pixel
    after = np.zeros(grey.shape)
    for x in range(signs.shape[1]):
        goes_on = signs[:, x] == (signs[:, x - 1] if x else 0)
        before[:, x + 1] = np.where(signs[:, x] == 0, 0, np.where(goes_on, before[:, x] + 1, 1))
    for x in range(signs.shape[1] - 1, -1, -1):
        goes_on = signs[:, x] == (signs[:, x + 1] if x + 1 < signs.shape[1] else 0)
        after[:, x] = np.where(signs[:, x] == 0, 0, np.where(goes_on, after[:, x + 1] + 1, 1))
    left = np.pad(signs, ((0, 0), (1, 0)))  # of the step that ends at each pixel
    right = np.pad(signs, ((0, 0), (0, 1)))
    widths: Floats = np.where((left == right) & (left != 0), before + after, np.maximum(before, after))
    return widths

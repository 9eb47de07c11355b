"""Where a film cuts from one scene to another."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from x2face_core.media.pictures import Picture

_SIDE = 32  # pixels of the small picture that is compared
_BINS = 16
_SAME = 0.5  # grey levels: less is a frame shown twice
_LEAST = 14.0  # mean difference in grey levels (of 255) that a cut makes at least
_JUMP = 3.5  # times what the frames before differed by
_COLOURS = 0.25  # share of the pixels whose colours have to be others
_MEMORY = 12  # differences that tell what is usual


class CutDetector:
    """Tells, frame by frame, whether a new scene begins.

    A cut differs much more from the frame before than that one did from its own, and in its colours too: a pan is as
    different in every frame, and a face that jumps keeps the colours.
    """

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._colours: NDArray[np.float64] | None = None
        self._usual: deque[float] = deque(maxlen=_MEMORY)

    def is_cut(self, picture: Picture) -> bool:
        """Whether this frame belongs to another scene than the one before."""
        small = np.asarray(Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BOX))
        now, colours = small.astype(np.float32), _histogram(small)
        last, self._last = self._last, now
        before, self._colours = self._colours, colours
        if last is None or before is None:
            return False
        difference = float(np.abs(now - last).mean())
        if difference < _SAME:
            return False
        usual = float(np.median(self._usual)) if self._usual else 0.0
        cut = difference > max(_LEAST, _JUMP * usual) and float(np.abs(colours - before).sum()) / 2 > _COLOURS
        if cut:
            self._usual.clear()
        else:
            self._usual.append(difference)
        return cut


def _histogram(small: Picture) -> NDArray[np.float64]:
    """Shares of the pixels a bin and channel, 1 in all; smoothed, so that slightly other light counts little."""
    rows = [np.histogram(small[..., channel], bins=_BINS, range=(0, 256))[0] for channel in range(3)]
    shares = np.stack(rows) / small[..., 0].size / 3
    padded = np.pad(shares, ((0, 0), (1, 1)), mode="edge")
    smooth: NDArray[np.float64] = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return smooth

"""Detection of scene cuts in a film."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from x2face_core.media.pictures import Picture

_SIDE = 32  # pixels a side of the thumbnails that are compared
_BINS = 16
_SAME = 0.5  # grey levels of mean difference below which a frame is a repetition
_LEAST = 14.0  # least mean difference of a cut, in grey levels (of 255)
_JUMP = 3.5  # least ratio of the difference to the median of recent ones
_COLOURS = 0.25  # least distance of the colour histograms
_MEMORY = 12  # number of recent differences


class CutDetector:
    """Decides frame by frame whether a new scene begins.

    At a cut, a frame differs from the previous one much more than recent frames did, and in its colour histogram too.
    In a pan all frames differ alike, and a moving face does not change the histogram.
    """

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._colours: NDArray[np.float64] | None = None
        self._usual: deque[float] = deque(maxlen=_MEMORY)

    def is_cut(self, picture: Picture) -> bool:
        """Whether this frame begins a new scene."""
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
    """Histogram over bins and channels, sums to 1; smoothed, so that slight changes of light count little."""
    rows = [np.histogram(small[..., channel], bins=_BINS, range=(0, 256))[0] for channel in range(3)]
    shares = np.stack(rows) / small[..., 0].size / 3
    padded = np.pad(shares, ((0, 0), (1, 1)), mode="edge")
    smooth: NDArray[np.float64] = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4
    return smooth

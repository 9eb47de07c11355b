"""What engines are calibrated and compared on: frames of the demo's film, and a portrait."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from x2face_core.media.boxes import Box, crop
from x2face_core.media.video import read_frames
from x2face_core.pixels import to_tensor
from x2face_core.warping import reduce

FILM = Path(__file__).parents[1] / "assets" / "engines" / "head.mp4"
"""Every fourth frame of the film of `x2face demo`, 256x256 pixels."""
_FACE = Box(141, 32, 165)  # of the portrait's crop


def driving_pictures(side: int) -> Tensor:
    """(49, 3, side, side): crops of a head that turns, speaks and blinks."""
    return reduce(to_tensor(read_frames(FILM)), side)


def portrait() -> Tensor:
    """(1, 3, 256, 256): a crop of the portrait in the public domain that scikit-image carries."""
    from skimage.data import astronaut

    return to_tensor([crop(astronaut(), _FACE, 256)])

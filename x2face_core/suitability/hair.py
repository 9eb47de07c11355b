"""Check of the hair: whether the crop cuts it off at the top."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from x2face_core.media.boxes import Box, crop
from x2face_core.media.pictures import Picture
from x2face_core.sources.portraits import Portrait
from x2face_core.suitability.findings import Finding, make_finding

CUT = 0.95
"""Share of the middle of the crop's top edge from which on hair counts as cut."""
_SIDE = 128
_TOP = (slice(0, 3), slice(38, 90))  # rows and columns of the middle of the top edge
_HAIR = (slice(8, 19), slice(54, 74))  # above the forehead
_GROUND = (slice(0, 15), (slice(0, 10), slice(118, 128)))  # both upper corners
_SAME = 10.0  # Lab units: colours of one surface
_APART = 0.5  # least share of the hair's pixels that differ from the background
_NEIGHBOURS = 3  # nearer pixels that do not count, so that single stray ones do not decide

_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
_WHITE = np.array([0.95047, 1.0, 1.08883])  # of daylight, D65

Floats = NDArray[np.float64]


def hair(portrait: Portrait, scale: float) -> Finding:
    """Whether the crop's upper edge cuts the hair. scale: side of the crop in sides of the face's rectangle"""
    share = hair_at_top(portrait.crop)
    if share is None:
        return Finding("hair", "ok", "hair and background are of one colour")
    remedy = "a picture with more room above shows all of it"
    if portrait.box.y > 0 and portrait.face is not None:  # the picture goes on above the crop
        remedy = f"--crop-scale {scale + 0.3:.1f} takes more of it in"
    says = "the crop cuts the hair at the top"
    return make_finding("hair", share < CUT, "the hair has room", says, remedy, share)


def hair_at_top(picture: Picture) -> float | None:
    """Share of the middle of the upper edge that is hair; None if the colour does not tell hair from the background.

    picture: (h, h, 3) uint8, a crop. A pixel is hair if its colour occurs above the forehead, and is nearer to colours
    there than to those of the upper corners.
    """
    lab = _lab(crop(picture, Box(0, 0, len(picture)), _SIDE))
    ground = np.concatenate([lab[_GROUND[0], columns].reshape(-1, 3) for columns in _GROUND[1]])
    above = lab[_HAIR].reshape(-1, 3)
    differs = _distance(above, ground) >= _SAME
    if differs.mean() < _APART:
        return None
    edge = lab[_TOP].reshape(-1, 3)
    to_hair = _distance(edge, above[differs])
    return float(((to_hair < _SAME) & (to_hair < _distance(edge, ground))).mean())


def _lab(picture: Picture) -> Floats:
    """sRGB (h, w, 3) uint8 to CIE L*a*b* (D65), as scikit-image has it, whose import takes as long as a short film."""
    coded = picture / 255.0
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    xyz = light @ _XYZ.T / _WHITE
    x, y, z = np.moveaxis(np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _distance(colours: Floats, others: Floats) -> Floats:
    """(n,) distance of each colour (n, 3) to others (m, 3)."""
    distances: Floats = np.linalg.norm(colours[:, None] - others[None], axis=2)
    return np.partition(distances, _NEIGHBOURS, axis=1)[:, _NEIGHBOURS]

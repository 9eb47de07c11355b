"""Skin tone of faces by the individual typology angle, and figures by group.

The angle is that of Chardon et al. (1991), in the groups of Del Bino and Bernerd (2013). It is measured in uncontrolled
light, so that it sorts pictures by how light their skin appears, not people.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_lab.evaluation.tally import Tally

ANGLE = "skin"
"""Name of the measure in a tally, in degrees."""
GROUPS = (("light", 41.0), ("intermediate", 28.0), ("tan", 10.0), ("dark", -90.0))
"""Groups with the angle in degrees above which they begin; dark holds the groups brown and dark."""
_CHEEKS = ((2, 3, 48, 31), (14, 13, 54, 35))
Floats = NDArray[np.float64]


def typology_angle(picture: Tensor, landmarks: Floats) -> float:
    """The angle atan((L* - 50) / b*) in degrees, of the median colour of both cheeks; NaN if they are outside.

    picture: (3, h, w) in [0, 1]; landmarks: (68, 3) in widths of the picture
    """
    from skimage.color import rgb2lab
    from skimage.draw import polygon2mask

    side = picture.shape[-1]
    corners = [landmarks[list(cheek), 1::-1] * side - 0.5 for cheek in _CHEEKS]
    where = np.any([polygon2mask(picture.shape[-2:], polygon) for polygon in corners], axis=0)
    if not where.any():
        return float("nan")
    colour = np.median(picture[:, torch.from_numpy(where)].numpy(), axis=1)
    lightness, _, yellow = rgb2lab(colour[None, None])[0, 0]
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))


def group_of(angle: float) -> str:
    """The name of the group of an angle in degrees."""
    return next(name for name, least in GROUPS if angle > least or name == GROUPS[-1][0])


def by_skin(tally: Tally) -> dict[str, Any]:
    """Figures over the people of each group: people, ratio_1, and the L1 of the region face and of copying it there."""
    angles = tally.means(ANGLE)
    groups = np.array([group_of(angle) if np.isfinite(angle) else "" for angle in angles])
    columns = {
        "ratio_1": tally.ratios("l1_1", "copy_1"),
        "face_l1": tally.means("face_l1"),
        "face_copy": tally.means("face_copy"),
    }
    found = {}
    for name, _ in GROUPS:
        of_group = groups == name
        if of_group.any():
            means = {key: round(float(np.nanmean(values[of_group])), 5) for key, values in columns.items()}
            found[name] = {"people": int(of_group.sum()), **means}
    return {"by_skin": found} if found else {}

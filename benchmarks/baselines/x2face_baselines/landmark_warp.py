"""A warp by landmarks from frame to frame, in the role of Averbuch-Elor et al. 2017 (paper 5.2, Fig. 5).

The motion of the driving landmarks away from a rest frame is added to the source's, and a thin-plate spline through
both warps the source picture. It is two-dimensional: a head that turns is bent like a sheet. What the source hides
behind its lips may be taken from the driving frame in the gradient domain, as there (Pérez et al. 2003). Their
transfer of creases and shading is left out.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from x2face_core.errors import InputError
from x2face_core.geometry.landmarks import INNER_LIPS, LIPS, RIGID, with_forehead
from x2face_core.geometry.motion import kept_apart
from x2face_core.geometry.splines import SplineFlows
from x2face_core.rendering.membrane import Membrane
from x2face_core.warping import identity_grid, warp

_SIDE = 64  # of the splines' flows
_OPENED = (0.008, 0.03)  # mouth opening beyond the source's: from where the driver's mouth is taken, and fully
_INNER = slice(60, 68)
_BRIDGE, _CHIN = 27, 8
_LEAST = 12  # pixels of a mouth that is filled in
Floats = NDArray[np.float64]


class LandmarkWarp:
    """Moves one source picture like the landmarks of driving frames.

    source: (3, h, w) in [0, 1]; landmarks: (68, 2 or 3) of it in widths of the picture, iBUG order
    hidden: take the mouth's inside from driving frames where it is opened wider than the source's
    InputError for landmarks of another shape, or a source without a face (NaN).
    """

    def __init__(self, source: Tensor, landmarks: Floats, *, hidden: bool = False) -> None:
        self.source, self.hidden = source.float(), hidden
        self._points = _normalised(landmarks[None], "the source's landmarks")[0]
        self._splines = SplineFlows(self._points, _SIDE)

    def frames(self, driving: Tensor, landmarks: Floats, rest: Floats) -> Tensor:
        """Driving frames (n, 3, h, w) in [0, 1] to frames of the source, of its size.

        landmarks: (n, 68, 2 or 3) of the driving frames; a frame without a face (NaN) holds the last one
        rest: (68, 2 or 3) of the driving frame that corresponds to the source picture
        """
        moved = self.moved(landmarks, rest)
        flows = self._splines.between(moved, self._points.expand(len(moved), -1, -1))
        made = warp(self.source[None], flows)
        if self.hidden:
            drivers = _normalised(held(landmarks), "the driving landmarks")
            for row, picture in enumerate(driving):
                made[row] = self._filled(made[row], moved[row], picture.float(), drivers[row])
        return made

    def moved(self, landmarks: Floats, rest: Floats) -> Tensor:
        """(n, 71, 2) landmarks of the generated frames, in normalised coordinates.

        Offsets from the rest frame are turned and scaled by the similarity from its rigid landmarks to the source's.
        """
        zero = _normalised(rest[None], "the rest frame's landmarks")
        offsets = _normalised(held(landmarks), "the driving landmarks") - zero
        before, after = (_complex(points[RIGID]) for points in (zero[0], self._points))
        before, after = before - before.mean(), after - after.mean()
        similarity = (before.conj() * after).sum() / before.abs().square().sum().clamp_min(1e-12)
        return kept_apart(self._points + torch.view_as_real(_complex(offsets) * similarity).float())

    def _filled(self, made: Tensor, moved: Tensor, driving: Tensor, driver: Tensor) -> Tensor:
        """A generated frame (3, h, w) with the driver's mouth inside its own lips."""
        low, full = _OPENED
        share = min(max((_opening(driver) - _opening(self._points) - low) / (full - low), 0.0), 1.0)
        mask = _inside_lips(moved, *made.shape[-2:])
        if share == 0 or mask.sum() < _LEAST:
            return made
        donor = _brought(driving, moved[LIPS], driver[LIPS], (made.shape[-2], made.shape[-1]))
        membrane = Membrane(mask)
        inserted = (donor + membrane.fill(made - donor)).clamp(0, 1)
        return torch.where(membrane.mask, torch.lerp(made, inserted, share), made)


def held(landmarks: Floats) -> Floats:
    """Landmarks (n, k, d) where frames without a face (NaN) hold the last ones, or at the start the first ones.

    InputError if no frame has a face.
    """
    known: NDArray[np.bool_] = np.asarray(np.isfinite(landmarks).all(axis=(1, 2)))
    if not known.any():
        raise InputError("no driving frame shows a face, so nothing can be warped by its landmarks.")
    last = np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))
    last[last < 0] = int(known.argmax())
    found: Floats = landmarks[last]
    return found


def _normalised(landmarks: Floats, what: str) -> Tensor:
    """(n, 68, 2 or 3) in widths of the picture to (n, 71, 2) in normalised coordinates, with the forehead."""
    if landmarks.ndim != 3 or landmarks.shape[1] != 68 or landmarks.shape[2] not in (2, 3):
        raise InputError(f"{what} are of shape {landmarks.shape}; (n, 68, 2) or (n, 68, 3) is needed.")
    if not np.isfinite(landmarks).all():
        raise InputError(f"{what}: no face was found there; choose a picture or frame that shows one.")
    flat = np.zeros((*landmarks.shape[:2], 3), np.float32)
    flat[..., :2] = landmarks[..., :2]
    return torch.from_numpy(with_forehead(flat)[..., :2].copy())


def _complex(points: Tensor) -> Tensor:
    return torch.view_as_complex(points.double().contiguous())


def _opening(points: Tensor) -> float:
    """The gap between the inner lips over the face's height, from points (71, 2)."""
    gaps = [points[lower, 1] - points[upper, 1] for upper, lower in INNER_LIPS]
    height = (points[_CHIN] - points[_BRIDGE]).norm().clamp_min(1e-6)
    return float(torch.stack(gaps).mean() / height)


def _inside_lips(points: Tensor, height: int, width: int) -> NDArray[np.bool_]:
    """(height, width) mask of the polygon of the inner lips, off the picture's border."""
    from skimage.draw import polygon2mask

    corners = (points[_INNER].flip(1).double().numpy() + 1) / 2 * [height - 1, width - 1]
    mask = np.array(polygon2mask((height, width), corners), bool)
    mask[[0, -1]] = mask[:, [0, -1]] = False
    return mask


def _brought(driving: Tensor, lips: Tensor, driver: Tensor, size: tuple[int, int]) -> Tensor:
    """The driving frame (3, h, w), moved by the affine map that brings its lips (20, 2) to the generated ones."""
    ones = torch.ones(len(lips), 1)
    affine = torch.linalg.lstsq(torch.cat([lips, ones], dim=1), driver).solution  # (3, 2)
    grid = identity_grid(*size) @ affine[:2] + affine[2]
    return F.grid_sample(driving[None], grid[None], padding_mode="border", align_corners=True)[0]

"""Selection of one of several aligned embedded faces at each texel.

The reference is preferred; another face is selected where the reference is hidden or differs from all others.
"""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.networks.sampling import gaussian_blur, gaussian_bump
from x2face_core.warping import reduce

SIDE = 64
"""Side at which sources are compared, in texels."""
_HALF_VISIBLE, _SLOPE = -0.5, 0.15  # of the logistic function from log area to visibility
_HIDDEN_BELOW = -0.4  # log area below which a texel counts as hidden
_MAX_DIFFERENCE = 0.25  # colour differences are clamped to it
_WINDOW = 2.0  # standard deviation of the comparison window, texels
_SWITCH_COST, _SWITCH_COST_IN_FACE = 0.0025, 0.03  # of selecting another face than the reference; added in the face
_FACE, _FACE_SIGMA = (0.0, 0.1), 0.3  # centre and size of the inner face, in normalised coordinates
_HIDDEN_TEXEL_COST = 0.1  # per unit of log area below _HIDDEN_BELOW
_TEMPERATURE = 0.0005  # of the softmax over faces
_REFERENCE_HIDDEN_COST, _REFERENCE_BLUR_COST = 0.5, 0.03  # in the choice of the reference


def visibility(area: Tensor) -> Tensor:
    """Visibility in [0, 1] of texels with the given log_area, of any shape."""
    return torch.sigmoid((area - _HALF_VISIBLE) / _SLOPE)


def _hidden(area: Tensor) -> Tensor:
    """Amount by which the log area is below _HIDDEN_BELOW, at least 0."""
    return (_HIDDEN_BELOW - area).clamp(min=0)


def find_reference(faces: Tensor, area: Tensor, favour: Tensor | None = None) -> int:
    """Index of the reference: the face that agrees most with the others, is sharp and has few hidden texels.

    faces: (n, 3, h, w); area: (n, 1, SIDE, SIDE) of log_area; favour: (n,), subtracted from the cost of each
    """
    disagreement = _disagreement(gaussian_blur(reduce(faces, SIDE), 1.0), visibility(area)).mean((1, 2, 3))
    gradient = (faces[..., 1:] - faces[..., :-1]).square().mean((1, 2, 3)).sqrt()
    hidden = _hidden(area).mean((1, 2, 3))
    cost = disagreement + _REFERENCE_HIDDEN_COST * hidden - _REFERENCE_BLUR_COST * gradient / (gradient.max() + 1e-6)
    return int((cost if favour is None else cost - favour.to(cost.device)).argmin())


def selection_weights(faces: Tensor, area: Tensor) -> Tensor:
    """Weight of each face at each texel (n, 1, SIDE, SIDE), summing to 1 over the faces.

    faces: (n, 3, h, w), aligned, the reference first; area: (n, 1, SIDE, SIDE) of log_area
    """
    hidden = _hidden(area)
    cost = _disagreement(reduce(faces, SIDE), visibility(area)) + _HIDDEN_TEXEL_COST * (hidden - hidden.amin(0))
    cost[1:] += _SWITCH_COST + _SWITCH_COST_IN_FACE * gaussian_bump(cost, _FACE, _FACE_SIGMA)
    return torch.softmax(-cost / _TEMPERATURE, dim=0)


def _disagreement(faces: Tensor, visible: Tensor) -> Tensor:
    """(n, 1, h, w): local mean colour difference of each face from the others, weighted by their visibility."""
    difference = (faces[:, None] - faces[None]).abs().mean(2).clamp(max=_MAX_DIFFERENCE)  # (n, n, h, w)
    others = 1 - torch.eye(len(faces), device=faces.device)[:, :, None, None]
    weight = visible[None, :, 0] * others
    return gaussian_blur(((difference * weight).sum(1) / (weight.sum(1) + 1e-3))[:, None], _WINDOW)

"""Which of several aligned embedded faces is used at each texel: the reference, unless it does not show it."""

from __future__ import annotations

import torch
from torch import Tensor

from x2face_core.networks.places import bump, smoothed
from x2face_core.warping import reduce

SIDE = 64
"""Texels a side at which sources are compared."""
_HIDDEN, _SLOPE = -0.5, 0.15  # logistic of the log area: where visibility is one half, and its width
_SMALL = -0.4  # log area from which a texel is hidden
_MOST = 0.25  # difference of colours at which it saturates
_WINDOW = 2.0  # texels
_LOYALTY, _LOYALTY_OF_FACE = 0.02, 0.03  # cost of leaving the reference: everywhere, and in the face
_FACE, _FACE_SPREAD = (0.0, 0.1), 0.3  # of eyes, nose and mouth; normalised coordinates
_PRICE_OF_HIDING = 0.1  # cost of showing a texel e times smaller than _SMALL
_DECISION = 0.003  # temperature of the choice
_PRICE_OF_HIDDEN_TEXELS, _PRICE_OF_BLUR = 0.5, 0.03  # of the reference


def seen(area: Tensor) -> Tensor:
    """Visibility in [0, 1] from log_area."""
    return torch.sigmoid((area - _HIDDEN) / _SLOPE)


def _hidden(area: Tensor) -> Tensor:
    """How far a texel's log area is below _SMALL; 0 if it is not."""
    return (_SMALL - area).clamp(min=0)


def best(faces: Tensor, area: Tensor, favour: Tensor | None = None) -> int:
    """Index of the reference: the face that agrees most with the others, is sharp and has few hidden texels.

    faces: (n, 3, h, w); area: (n, 1, SIDE, SIDE) of log_area; favour: (n,), further preference for each
    """
    differing = _disagreement(smoothed(reduce(faces, SIDE), 1.0), seen(area)).mean((1, 2, 3))
    fine = (faces[..., 1:] - faces[..., :-1]).square().mean((1, 2, 3)).sqrt()
    hiding = _hidden(area).mean((1, 2, 3))
    price = differing + _PRICE_OF_HIDDEN_TEXELS * hiding - _PRICE_OF_BLUR * fine / (fine.max() + 1e-6)
    return int((price if favour is None else price - favour.to(price.device)).argmin())


def beliefs(faces: Tensor, area: Tensor) -> Tensor:
    """Weight of each face at each texel (n, 1, SIDE, SIDE), summing to 1 over the faces.

    faces: (n, 3, h, w), aligned, the reference first; area: (n, 1, SIDE, SIDE) of log_area
    """
    price = _disagreement(reduce(faces, SIDE), seen(area)) + _PRICE_OF_HIDING * (_hidden(area) - _hidden(area).amin(0))
    price[1:] += _LOYALTY + _LOYALTY_OF_FACE * bump(price, _FACE, _FACE_SPREAD)
    return torch.softmax(-price / _DECISION, dim=0)


def _disagreement(faces: Tensor, seen: Tensor) -> Tensor:
    """(n, 1, h, w): windowed mean difference of each face from the others, weighted by their visibility."""
    apart = (faces[:, None] - faces[None]).abs().mean(2).clamp(max=_MOST)  # (n, n, h, w)
    others = 1 - torch.eye(len(faces), device=faces.device)[:, :, None, None]
    weight = seen[None, :, 0] * others
    return smoothed(((apart * weight).sum(1) / (weight.sum(1) + 1e-3))[:, None], _WINDOW)

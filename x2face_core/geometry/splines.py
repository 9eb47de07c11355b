"""Thin-plate splines between two sets of landmarks, as target flows for training."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.warping import identity_grid

_STIFFNESS = 1e-3
_INSIDE = 0.14  # largest distance of points of the face from a landmark, in normalised coordinates
_FADE = 0.12
_PIECE = {"cpu": 8, "cuda": 128}  # splines evaluated at once; on a CPU the kernels fit into its cache


def border_anchors() -> Tensor:
    """(16, 2) fixed points on the picture's border."""
    steps = (-1.0, -0.5, 0.0, 0.5, 1.0)
    return torch.tensor([[x, y] for x in steps for y in steps if max(abs(x), abs(y)) == 1])


def _squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """(n, k, 2) and (n, m, 2) to (n, k, m)."""
    norms = (a**2).sum(-1)[:, :, None] + (b**2).sum(-1)[:, None]
    return torch.baddbmm(norms, a, b.transpose(1, 2), alpha=-2).clamp_min_(0)


def _kernel(squares: Tensor) -> Tensor:
    return torch.log(squares + 1e-6).mul_(squares)


def _system(points: Tensor) -> Tensor:
    n, k, _ = points.shape
    bend = _kernel(_squared_distances(points, points)) + _STIFFNESS * torch.eye(k).to(points)
    affine = torch.cat([points.new_ones(n, k, 1), points], dim=2)
    corner = points.new_zeros(n, 3, 3)
    return torch.cat([torch.cat([bend, affine], 2), torch.cat([affine.transpose(1, 2), corner], 2)], 1)


def _evaluate(points: Tensor, weights: Tensor, queries: Tensor) -> Tensor:
    """Evaluate splines with points (n, k, 2) and weights (n, k + 3, 2) at queries (q, 2): (n, q, 2)."""
    k = points.shape[1]
    at = queries.expand(len(points), -1, -1)
    bent = torch.bmm(_kernel(_squared_distances(at, points)), weights[:, :k])
    return torch.baddbmm(bent, at, weights[:, k + 1 :]).add_(weights[:, k : k + 1])


def seen_at(flow: Tensor, points: Tensor) -> Tensor:
    """Sampling positions of a flow (n, 2, h, w) at points (n, k, 2), in normalised coordinates."""
    moved = F.grid_sample(flow, points[:, :, None], align_corners=True, padding_mode="border")
    return points + moved[..., 0].transpose(1, 2)


class SplineFlows:
    """Flows of thin-plate splines at one resolution.

    side: of the flows in pixels; 32 is enough, as flows are smooth
    layout: (k, 2) canonical layout in normalised coordinates
    """

    def __init__(self, layout: Tensor, side: int = 32) -> None:
        device = layout.device
        self.side = side
        self.layout = layout
        self.anchors = border_anchors().to(device)
        self.grid = identity_grid(side, side, device=device).reshape(-1, 2)
        points = torch.cat([layout, self.anchors])[None]
        solved = torch.linalg.inv(_system(points.double()))[0, :, : points.shape[1]]  # (k + 3, k)
        columns = solved.T.reshape(points.shape[1], -1, 1).expand(-1, -1, 2).float()
        self._from_layout = _evaluate(points.expand(len(columns), -1, -1), columns, self.grid)[..., 0].T.contiguous()

    def from_layout(self, landmarks: Tensor) -> Tensor:
        """Landmarks (n, k, 2) to the flow (n, 2, side, side) that warps the face to the canonical layout.

        The canonical points are constant, so that the spline is a single matrix product.
        """
        targets = self._anchored(landmarks)
        return self._flow(self._from_layout @ targets)

    def between(self, points: Tensor, targets: Tensor) -> Tensor:
        """Flows (n, 2, side, side) that sample targets (n, k, 2) at points (n, k, 2)."""
        points, targets = self._anchored(points), self._anchored(targets)
        right = torch.cat([targets, torch.zeros(len(targets), 3, 2, device=targets.device)], dim=1)
        weights = torch.linalg.solve(_system(points), right)
        size = _PIECE.get(points.device.type, 8)
        pieces = zip(torch.split(points, size), torch.split(weights, size), strict=True)
        return self._flow(torch.cat([_evaluate(p, w, self.grid) for p, w in pieces]))

    def to_layout(self, landmarks: Tensor) -> Tensor:
        """Landmarks (n, k, 2) to the flow (n, 2, side, side) that samples this face from the canonical layout."""
        return self.between(landmarks, self.layout.expand(len(landmarks), -1, -1))

    def _anchored(self, points: Tensor) -> Tensor:
        return torch.cat([points, self.anchors.expand(len(points), -1, -1)], dim=1)

    def _flow(self, places: Tensor) -> Tensor:
        return (places - self.grid).reshape(-1, self.side, self.side, 2).permute(0, 3, 1, 2)

    def near(self, landmarks: Tensor) -> Tensor:
        """Landmarks (n, k, 2) to a mask (n, 1, side, side): 1 in the face, fading to 0 around it."""
        distances = _squared_distances(self.grid.expand(len(landmarks), -1, -1), landmarks).amin(-1).sqrt()
        near = torch.exp(-(((distances - _INSIDE).clamp_min(0) / _FADE) ** 2))
        return near.reshape(-1, 1, self.side, self.side)

    def close_to(self, landmarks: Tensor, sigma: float = 0.06) -> Tensor:
        """Landmarks (n, k, 2) to a mask (n, 1, side, side): 1 at the landmarks, fading to 0 within about 2 sigma."""
        squares = _squared_distances(self.grid.expand(len(landmarks), -1, -1), landmarks).amin(-1)
        return torch.exp(-squares / sigma**2).reshape(-1, 1, self.side, self.side)

    def focus(self, landmarks: Tensor, lips: float, eyes: float, floor: float = 1.0) -> Tensor:
        """Landmarks (n, k, 2) to loss weights (n, 1, side, side) of mean 1, higher around lips and eyes.

        floor: weight outside the face relative to inside
        """
        weights = floor + (1 - floor) * self.near(landmarks)
        weights = weights + lips * self.close_to(landmarks[:, 48:68]) + eyes * self.close_to(landmarks[:, 36:48])
        return weights / weights.mean(dim=(1, 2, 3), keepdim=True)

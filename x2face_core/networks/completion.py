"""Completion of the embedded face: inpainting of what a source does not show, such as the inside of a closed mouth."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.warping import identity_grid, reduce, resize_flow

_LEVELS = 3  # number of downsamplings
_LEAST, _MOST = 0.02, 8.0  # of the area ratio, before its logarithm
_SEEN, _STEEP = -0.9, 8.0  # threshold of the log area below which a pixel counts as unseen, and slope of the sigmoid
_MARGIN = 1 / 64  # painted around what is unseen, in sides: edges of lips, lashes and cheeks are smeared there


def log_area(flow: Tensor) -> Tensor:
    """Logarithm of the area of the source that each pixel of the embedded face samples: (n, 2, h, w) to (n, 1, h, w).

    The log determinant of the sampling map's Jacobian: 0 at the scale of the source; negative where a small part is
    stretched, as closed lips over the layout's open mouth; minimal where the flow folds.
    """
    height, width = flow.shape[-2:]
    positions = flow + identity_grid(height, width, device=flow.device).permute(2, 0, 1)
    along = _slopes(positions, 3) * (width - 1) / 2
    down = _slopes(positions, 2) * (height - 1) / 2
    area = along[:, :1] * down[:, 1:] - along[:, 1:] * down[:, :1]
    return area.clamp(_LEAST, _MOST).log()


def unseen(area: Tensor) -> Tensor:
    """Degree to which pixels of the embedded face are not seen in the source: log areas to 0 (seen) … 1 (unseen).

    Means on people of the split val: 0.8 between closed lips, 0.01 in the rest of the face.
    """
    return torch.sigmoid((_SEEN - area) * _STEEP)


def to_paint(area: Tensor) -> Tensor:
    """Opacity with which pixels of the embedded face are painted: what is unseen, and a margin around it.

    area: (n, 1, h, w) of log_area; opacities (n, 1, h, w), 0 … 1
    """
    margin = round(_MARGIN * area.shape[-1])
    return F.max_pool2d(unseen(area), 2 * margin + 1, stride=1, padding=margin)


def _slopes(positions: Tensor, dim: int) -> Tensor:
    """Central differences for each pixel, one-sided at the border."""
    padding = (1, 1, 0, 0) if dim == 3 else (0, 0, 1, 1)
    padded = F.pad(positions, padding, mode="replicate")
    count = positions.shape[dim]
    difference = padded.narrow(dim, 2, count) - padded.narrow(dim, 0, count)
    spans = torch.full((count,), 2.0, device=positions.device)
    spans[0] = spans[-1] = 1.0
    return difference / (spans[:, None] if dim == 2 else spans)


class CompletionNetwork(nn.Module):
    """A U-Net that inpaints an embedded face from the face, its mirror image and the log area of both.

    width: channels of the first level, doubled at each level up to four times
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        channels = [min(width * 2**level, width * 4) for level in range(_LEVELS + 1)]
        self.first = nn.Conv2d(8, channels[0], 3, 1, 1)
        self.down = nn.ModuleList(nn.Conv2d(channels[k], channels[k + 1], 4, 2, 1) for k in range(_LEVELS))
        self.deep = nn.Conv2d(channels[-1], channels[-1], 3, 1, 1)
        self.up = nn.ModuleList(
            nn.Conv2d(channels[k + 1] + channels[k], channels[k], 3, 1, 1) for k in reversed(range(_LEVELS))
        )
        self.last = nn.Conv2d(channels[0], 3, 3, 1, 1)
        if not self.last.weight.is_meta:  # as in blocks.initialise
            nn.init.normal_(self.last.weight, 0, 1e-3)
            assert self.last.bias is not None
            nn.init.zeros_(self.last.bias)

    def forward(self, textures: Tensor, area: Tensor) -> Tensor:
        """Predicted colours (n, 3, side, side) in [0, 1].

        textures: (n, 3, side, side) in [0, 1], embedded faces; area: (n, 1, side, side) of log_area
        An untrained network returns the textures.
        """
        seen = torch.cat([textures - 0.5, area], dim=1)
        x = F.leaky_relu(self.first(torch.cat([seen, seen.flip(-1)], dim=1)), 0.2)
        skips = []
        for block in self.down:
            skips.append(x)
            x = F.leaky_relu(block(x), 0.2)
        x = F.leaky_relu(self.deep(x), 0.2)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = F.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=True)
            x = F.leaky_relu(block(torch.cat([x, skip], dim=1)), 0.2)
        return (textures + torch.tanh(self.last(x).float())).clamp(0, 1)

    def complete(self, textures: Tensor, area: Tensor, side: int) -> Tensor:
        """Embedded faces (n, 3, H, W) completed, at their own size; what is seen stays as it is.

        area: (n, 1, h, w) of log_area; side: pixels a side at which the network works
        """
        area = resize_flow(area, side, side)
        colours = self(reduce(textures, side), area)
        height, width = textures.shape[-2:]
        return textures + resize_flow(to_paint(area), height, width) * (resize_flow(colours, height, width) - textures)

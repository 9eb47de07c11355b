"""Completion of the embedded face: what a source does not show, such as a closed mouth's inside, is filled in."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.warping import identity_grid, reduce, resize_flow

_LEVELS = 3  # how often the picture is halved
_LEAST, _MOST = 0.02, 8.0  # of the area ratio, before its logarithm
_SEEN, _STEEP = -0.9, 8.0  # log areas below this count as not seen, and how abruptly


def log_area(flow: Tensor) -> Tensor:
    """How much of the source a place of the embedded face gets, as a logarithm: (n, 2, h, w) to (n, 1, h, w).

    0 where it is sampled at its own scale; below where a little of the source is stretched over much, as closed lips
    are over the layout's open mouth; at its least where the flow folds. The determinant of the sampling map's Jacobian.
    """
    height, width = flow.shape[-2:]
    places = flow + identity_grid(height, width, device=flow.device).permute(2, 0, 1)
    along = _slopes(places, 3) * (width - 1) / 2
    down = _slopes(places, 2) * (height - 1) / 2
    area = along[:, :1] * down[:, 1:] - along[:, 1:] * down[:, :1]
    return area.clamp(_LEAST, _MOST).log()


def unseen(area: Tensor) -> Tensor:
    """How little of the source a place of the embedded face shows: log areas to 0 (seen) .. 1 (stretched or hidden).

    On people of the split `val`, 0.8 between closed lips, 0.01 in the rest of the face.
    """
    return torch.sigmoid((_SEEN - area) * _STEEP)


def _slopes(places: Tensor, dim: int) -> Tensor:
    """Central differences a pixel, one-sided at the border."""
    padding = (1, 1, 0, 0) if dim == 3 else (0, 0, 1, 1)
    padded = F.pad(places, padding, mode="replicate")
    count = places.shape[dim]
    difference = padded.narrow(dim, 2, count) - padded.narrow(dim, 0, count)
    spans = torch.full((count,), 2.0, device=places.device)
    spans[0] = spans[-1] = 1.0
    return difference / (spans[:, None] if dim == 2 else spans)


class CompletionNetwork(nn.Module):
    """A U-Net that sees an embedded face, its mirror image and how stretched both are, and says what is not seen.

    width: channels of the first level, doubled a level up to four times
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
        nn.init.normal_(self.last.weight, 0, 1e-3)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, textures: Tensor, area: Tensor) -> Tensor:
        """What the face looks like where it is not seen: colours (n, 3, side, side) in [0, 1].

        textures: (n, 3, side, side) in [0, 1], embedded faces; area: (n, 1, side, side) of log_area
        Untrained, it answers the textures.
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

    def complete(self, textures: Tensor, flow: Tensor, side: int) -> Tensor:
        """Embedded faces (n, 3, H, W) completed, at their own size; what is seen stays as it is.

        flow: (n, 2, h, w), which laid them out; side: pixels a side at which the network works
        """
        area = resize_flow(log_area(flow.float()), side, side)
        colours = self(reduce(textures, side), area)
        height, width = textures.shape[-2:]
        return textures + resize_flow(unseen(area), height, width) * (resize_flow(colours, height, width) - textures)

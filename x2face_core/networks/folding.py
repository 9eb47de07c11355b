"""Networks prepared for inference: the same functions as trained, by fewer multiplications.

Batch norms are folded into the convolutions before them. A bilinear upsampling acts on each channel alone, and a tap of
a convolution only mixes channels and shifts, so mixing and upsampling commute: channels are mixed first, at a quarter
of the pixels, which is where nearly all multiplications are.

Under autocast the driving network's first convolution, which reads pictures, stays in float32: it is a twentieth of the
encoder's work, and pictures rounded to bf16 cost 4 dB of the frames.
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

from x2face_core.networks.blocks import Decoder, Down, Up
from x2face_core.networks.x2face import X2FaceNetworks

_LARGE = 4_000_000  # numbers in a feature map from which on pictures are computed one by one, to stay in the cache


class FoldedUp(nn.Module):
    """Up in the released order for inference: ReLU, upsampling, 3x3 convolution with the batch norm folded in.

    side: of the input in pixels

    A product with the channel matrices of all nine taps, then a sum over vertical taps and input rows for each output
    row, and one over horizontal taps and input columns for each output column.
    """

    taps: Tensor  # (9 x out, in), ordered by horizontal tap, output channel and vertical tap
    rows: Tensor  # (2 x side, 3 x side), columns ordered by vertical tap and input row
    columns: Tensor  # (3, side, 2 x side), by horizontal tap, input column and output column
    bias: Tensor  # (out, 1, 1)

    def __init__(self, convolution: nn.Conv2d, side: int) -> None:
        super().__init__()
        self.side, self.out = side, convolution.out_channels
        kernel, shifted = convolution.weight.detach(), shifted_upsampling(side).to(convolution.weight)
        bias = torch.zeros(self.out).to(kernel) if convolution.bias is None else convolution.bias.detach()
        self.register_buffer("taps", kernel.permute(3, 0, 2, 1).reshape(9 * self.out, -1).contiguous())
        self.register_buffer("rows", shifted.permute(1, 0, 2).reshape(2 * side, 3 * side).contiguous())
        self.register_buffer("columns", shifted.permute(0, 2, 1).contiguous())
        self.register_buffer("bias", bias[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        """(n, in, side, side) to (n, out, 2 x side, 2 x side)."""
        if _exporting():
            return self._singly(x)
        n, side = len(x), self.side
        if n > 1 and n * side**2 * max(x.shape[1], 9 * self.out) > _LARGE:
            return torch.cat([self(one[None]) for one in x])
        mixed = self.taps @ F.relu(x).permute(1, 2, 0, 3).reshape(-1, side * n * side)
        tall = self.rows @ mixed.view(3 * self.out, 3 * side, n * side)
        tall = tall.view(3, self.out * 2 * side * n, side)
        wide = tall[0] @ self.columns[0]
        for tap in (1, 2):
            wide = torch.addmm(wide, tall[tap], self.columns[tap])
        return wide.view(self.out, 2 * side, n, 2 * side).permute(2, 0, 1, 3) + self.bias

    def _singly(self, x: Tensor) -> Tensor:
        """The same by operations that other engines compute well: each picture by itself, channels by a convolution."""
        side = self.side
        mixed = F.conv2d(F.relu(x), self.taps[:, :, None, None])
        tall = (self.rows @ mixed.reshape(-1, 3 * self.out, 3 * side, side)).reshape(-1, 3, self.out, 2 * side, side)
        return tall[:, 0] @ self.columns[0] + tall[:, 1] @ self.columns[1] + tall[:, 2] @ self.columns[2] + self.bias


def _exporting() -> bool:
    """Whether a graph is being written; torch imports its exporter only for that, which takes a quarter of a second."""
    exporter = sys.modules.get("torch.onnx")
    return exporter is not None and bool(exporter.is_in_onnx_export())


def shifted_upsampling(side: int) -> Tensor:
    """(3, 2 x side, side) float64: bilinear upsampling by 2 with aligned corners along an axis, for each of three taps.

    The taps read the row before, the row itself and the row after, with zeros beyond the border as convolutions pad.
    """
    identity = torch.eye(side, dtype=torch.float64)[None]
    doubled = F.interpolate(identity, scale_factor=2, mode="linear", align_corners=True)
    padded = F.pad(doubled[0].T, (0, 0, 1, 1))
    return torch.stack([padded[tap : tap + 2 * side] for tap in range(3)])


@torch.no_grad()
def fold(networks: X2FaceNetworks, *, upsampling: bool = True) -> X2FaceNetworks:
    """Prepare networks for inference, in place. Networks in the printed order are left as they are.

    upsampling: reorder it too, which suits processors; for GPUs it would be more and smaller operations
    """
    networks.eval()
    first = networks.driving.encoder.blocks[0]
    assert isinstance(first, Down)
    first.in_float = True
    if networks.dims.order == "released":
        for block in [module for module in networks.modules() if isinstance(module, Down | Up)]:
            if isinstance(block.norm, nn.BatchNorm2d):
                _fold_norm(block.conv, block.norm)
                block.norm = nn.Identity()
        for decoder in (networks.embedding.decoder, networks.driving.decoder) if upsampling else ():
            _fold_upsampling(decoder)
    return networks


def _fold_norm(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
    """Fold a batch norm into the convolution before it, in place."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    convolution.weight, convolution.bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )


def _fold_upsampling(decoder: Decoder) -> None:
    for step, block in enumerate(decoder.blocks):
        if isinstance(block, Up):
            decoder.blocks[step] = FoldedUp(block.conv, 2**step)

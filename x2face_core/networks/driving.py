"""The driving network: an encoder-decoder without skips whose bottleneck is the driving vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from x2face_core.networks.blocks import Decoder, Encoder, initialise
from x2face_core.networks.dims import Dims


class DrivingNetwork(nn.Module):
    """Pictures to driving vectors to flows (paper 3.1, A.2; released NoSkipNet_X2Face.py)."""

    def __init__(self, dims: Dims) -> None:
        super().__init__()
        self.dims = dims
        self.encoder = Encoder(dims, dims.vector)
        self.decoder = Decoder(dims, dims.vector, 2, skips=False)
        initialise(self)

    def encode(self, pictures: Tensor) -> Tensor:
        """(n, 3, side, side) in [0, 1] to (n, vector): the innermost convolution's raw answer."""
        v: Tensor = self.encoder(pictures)[-1]
        return v.flatten(1)

    def decode(self, vectors: Tensor) -> Tensor:
        """(n, vector) to flows (n, 2, flow_side, flow_side) in normalised coordinates that sample the embedded face.

        Within -tanh(1)..tanh(1) with the released code's second tanh.
        """
        flow: Tensor = self.decoder(vectors[:, :, None, None])
        for _ in range(self.dims.driving_tanh):
            flow = torch.tanh(flow)
        return flow

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decode(self.encode(pictures))

"""The embedding network: a U-Net that predicts the flow from the embedded face to the source."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from x2face_core.networks.blocks import Decoder, Encoder, initialise
from x2face_core.networks.dims import Dims


class EmbeddingNetwork(nn.Module):
    """Pictures to the flow that samples the embedded face from them (paper 3.1, A.1; released SkipNet.py)."""

    def __init__(self, dims: Dims) -> None:
        super().__init__()
        inner = dims.channels[-1]
        self.dims = dims
        self.encoder = Encoder(dims, inner)
        self.decoder = Decoder(dims, inner, 3 if dims.confidence else 2, skips=True)
        initialise(self)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The flow that samples the source, and its confidence.

        pictures: (n, 3, side, side) float in [0, 1]
        flow: (n, 2, flow_side, flow_side) in normalised coordinates, within -1..1 by one tanh
        confidence: (n, 1, flow_side, flow_side), a logarithm; zeros if the network has no third channel
        """
        features = self.encoder(pictures)
        out = self.decoder(features[-1], features)
        flow = torch.tanh(out[:, :2])
        confidence = out[:, 2:] if self.dims.confidence else torch.zeros_like(flow[:, :1])
        return flow, confidence

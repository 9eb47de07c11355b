"""Both networks together: embedding, encoding and rendering."""

from __future__ import annotations

from torch import Tensor, nn

from x2face_core.networks.completion import CompletionNetwork
from x2face_core.networks.dims import Dims
from x2face_core.networks.driving import DrivingNetwork
from x2face_core.networks.embedding import EmbeddingNetwork
from x2face_core.warping import reduce, warp


class X2FaceNetworks(nn.Module):
    """The embedding and the driving network of one driving space."""

    def __init__(self, dims: Dims) -> None:
        super().__init__()
        self.dims = dims
        self.embedding = EmbeddingNetwork(dims)
        self.driving = DrivingNetwork(dims)
        self.completion = CompletionNetwork(dims.completion) if dims.completion else None

    def embed(self, pictures: Tensor, *, complete: bool = True) -> tuple[Tensor, Tensor]:
        """Compute embedded faces, completed if there is a completion network.

        pictures: (n, 3, H, W) float in [0, 1], square crops of any size; the networks read them resized to `side`
        textures: (n, 3, H, W), sampled from the pictures at their own size
        confidence: (n, 1, flow_side, flow_side)
        """
        flow, confidence = self.embedding(reduce(pictures, self.dims.side))
        textures = warp(pictures, flow, padding=self.dims.padding)
        if complete and self.completion is not None:
            textures = self.completion.complete(textures, flow, self.dims.side)
        return textures, confidence

    def encode(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) in [0, 1] to driving vectors (n, vector)."""
        return self.driving.encode(reduce(pictures, self.dims.side))

    def render(self, texture: Tensor, vectors: Tensor) -> Tensor:
        """(3, H, W) or (n, 3, H, W) and (n, vector) to frames (n, 3, H, W) in [0, 1]."""
        texture = texture if texture.dim() == 4 else texture[None]
        return warp(texture, self.driving.decode(vectors), padding=self.dims.padding).clamp(0, 1)

    def forward(self, sources: Tensor, driving: Tensor) -> Tensor:
        """(n, 3, H, W) sources and driving pictures to generated frames (n, 3, H, W)."""
        textures, _ = self.embed(sources)
        return self.render(textures, self.encode(driving))

    def parameter_counts(self) -> dict[str, int]:
        networks = {"embedding": self.embedding, "driving": self.driving, "completion": self.completion}
        return {name: sum(p.numel() for p in net.parameters()) for name, net in networks.items() if net is not None}

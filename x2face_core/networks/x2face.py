"""Both networks together: embedding, encoding and rendering."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from x2face_core.networks.completion import CompletionNetwork, log_area
from x2face_core.networks.consistency import make_consistent
from x2face_core.networks.dims import Dims, Fusion
from x2face_core.networks.driving import DrivingNetwork
from x2face_core.networks.embedding import EmbeddingNetwork
from x2face_core.networks.fusing import Fused, fuse
from x2face_core.warping import blend, reduce, warp, warp_to_bytes

Favour = Callable[[Tensor], Tensor | None]
_LIGHT = 32_000_000  # numbers of both networks
FLOORS = {"confidence": 0.1, "confidence-exp": 0.0}
"""Fusions that weight by confidence, and the minimum weight of each."""


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
            textures = self.completion.complete(textures, log_area(flow.float()), self.dims.side)
        return textures, confidence

    def fuse(
        self, pictures: Tensor, fusion: Fusion, *, complete: bool = True, favour: Favour = lambda vectors: None
    ) -> Tensor:
        """Compute one embedded face (3, H, W) from one person's pictures (n, 3, H, W).

        fusion: as in X2Face.embed
        complete: paint what no source shows, once for all of them
        favour: vectors (n, vector) to each picture's preference as the reference (n,), or None
        """
        flow, confidence = self.embedding(reduce(pictures, self.dims.side))
        if fusion == "aligned":
            face = self._aligned(pictures, flow, favour)
        else:
            textures = warp(pictures, flow, padding=self.dims.padding)
            weighed = confidence if fusion in FLOORS else None
            texture = blend(textures.float(), weighed, floor=FLOORS.get(fusion, 0.0))
            face = Fused(texture, log_area(flow.float()).amax(0, keepdim=True))
        if not complete or self.completion is None:
            return face.texture
        return self.completion.complete(face.texture[None], face.area, self.dims.side)[0]

    def _aligned(self, pictures: Tensor, flow: Tensor, favour: Favour) -> Fused:
        vectors = self.encode(pictures)
        driving = self.driving.decode(vectors)
        with torch.autocast(pictures.device.type, enabled=False):
            if len(pictures) == 1:
                flow = make_consistent(flow.float(), driving.float())
                return Fused(warp(pictures, flow, padding=self.dims.padding)[0], log_area(flow))
            return fuse(
                pictures.float(), flow.float(), driving.float(), padding=self.dims.padding, favour=favour(vectors)
            )

    def encode(self, pictures: Tensor) -> Tensor:
        """(n, 3, H, W) in [0, 1] to driving vectors (n, vector)."""
        return self.driving.encode(reduce(pictures, self.dims.side))

    def render(self, texture: Tensor, vectors: Tensor) -> Tensor:
        """(3, H, W) or (n, 3, H, W) and (n, vector) to frames (n, 3, H, W) in [0, 1]."""
        texture = texture if texture.dim() == 4 else texture[None]
        return warp(texture, self.driving.decode(vectors), padding=self.dims.padding).clamp(0, 1)

    def render_bytes(self, texture: Tensor, vectors: Tensor) -> Tensor:
        """As `render`, rounded to bytes: (n, H, W, 3) uint8."""
        texture = texture if texture.dim() == 4 else texture[None]
        return warp_to_bytes(texture, self.driving.decode(vectors), padding=self.dims.padding)

    def forward(self, sources: Tensor, driving: Tensor) -> Tensor:
        """(n, 3, H, W) sources and driving pictures to generated frames (n, 3, H, W)."""
        textures, _ = self.embed(sources)
        return self.render(textures, self.encode(driving))

    @property
    def is_light(self) -> bool:
        """Whether the networks are small: rendering a frame takes no longer than decoding and encoding it."""
        numbers: int = sum(tensor.numel() for tensor in self.state_dict().values())
        return numbers < _LIGHT

    def parameter_counts(self) -> dict[str, int]:
        networks = {"embedding": self.embedding, "driving": self.driving, "completion": self.completion}
        return {name: sum(p.numel() for p in net.parameters()) for name, net in networks.items() if net is not None}

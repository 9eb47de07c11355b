"""The networks as ONNX graphs, for any number of pictures."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.engines.interface import PARTS
from x2face_core.errors import UsageError
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.warping import identity_grid, resize_flow

Graph = Literal["frames", "embed", "encode", "decode"]

OPSET = 17
OPSETS = range(16, 21)
"""Versions of the ONNX operators that can be written."""
GRAPHS: tuple[Graph, ...] = ("frames", *PARTS)
"""The parts of an engine, and frames: encoding, decoding and warping in one graph."""
INPUTS: dict[Graph, tuple[str, ...]] = {
    "frames": ("face", "pictures"), "embed": ("pictures",), "encode": ("pictures",), "decode": ("vectors",),
}  # fmt: skip
OUTPUTS: dict[Graph, tuple[str, ...]] = {
    "frames": ("frames", "vectors"), "embed": ("flow", "confidence"), "encode": ("vectors",), "decode": ("flow",),
}  # fmt: skip


class _Frames(nn.Module):
    """An embedded face (1, 3, size, size) and pictures (n, 3, side, side) to frames (n, 3, size, size) and vectors."""

    def __init__(self, networks: X2FaceNetworks, size: int) -> None:
        super().__init__()
        self.driving, self.size, self.padding = networks.driving, size, networks.dims.padding
        self.grid = nn.Buffer(identity_grid(size, size))

    def forward(self, face: Tensor, pictures: Tensor) -> tuple[Tensor, Tensor]:
        vectors = self.driving.encode(pictures)
        flow = resize_flow(self.driving.decode(vectors), self.size, self.size)
        faces = face.expand(flow.shape[0], -1, -1, -1)
        grid = flow.permute(0, 2, 3, 1) + self.grid
        frames = F.grid_sample(faces, grid, mode="bilinear", padding_mode=self.padding, align_corners=True)
        return frames.clamp(0, 1), vectors


class _Driving(nn.Module):
    """Pictures to vectors, or vectors to flows."""

    def __init__(self, networks: X2FaceNetworks, part: Graph) -> None:
        super().__init__()
        self.driving = networks.driving
        self.call = self.driving.encode if part == "encode" else self.driving.decode

    def forward(self, x: Tensor) -> Tensor:
        return self.call(x)


def check_opset(opset: int) -> None:
    """UsageError unless graphs can be written with these operators."""
    if opset not in OPSETS:
        raise UsageError(
            f"opset {opset}: the networks can be written with {OPSETS[0]} to {OPSETS[-1]}; {OPSET} would do."
        )


def plain(networks: X2FaceNetworks) -> X2FaceNetworks:
    """A copy on the CPU in float32, laid out as graphs need it."""
    return in_memory_format(copy.deepcopy(networks).float(), torch.contiguous_format, torch.device("cpu"))


def write_graph(networks: X2FaceNetworks, graph: Graph, path: Path, opset: int = OPSET, size: int = 256) -> None:
    """Write a graph as an ONNX file. UsageError for an opset that is not there.

    networks: as of `plain`, folded or not; size: of frames
    Inputs and outputs are float32, as of interface.Engine, and as of the class _Frames; n is free.
    """
    check_opset(opset)
    module: nn.Module = _Frames(networks, size) if graph == "frames" else _Driving(networks, graph)
    given = {
        "face": torch.zeros(1, 3, size, size),
        "pictures": torch.zeros(2, 3, networks.dims.side, networks.dims.side),
        "vectors": torch.zeros(2, networks.dims.vector),
    }
    free = {name: {0: "n"} for name in (*INPUTS[graph], *OUTPUTS[graph]) if name != "face"}
    with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore")  # torch's newer exporter takes ten times as long and needs more packages
        torch.onnx.export(
            networks.embedding if graph == "embed" else module.eval(),
            tuple(given[name] for name in INPUTS[graph]),
            path,
            dynamo=False,
            opset_version=opset,
            input_names=INPUTS[graph],
            output_names=OUTPUTS[graph],
            dynamic_axes=free,
        )

"""The networks as ONNX graphs, one for each part, for any number of pictures."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from x2face_core.engines.interface import Part
from x2face_core.errors import UsageError
from x2face_core.networks.x2face import X2FaceNetworks

OPSET = 17
OPSETS = range(13, 21)
"""Versions of the ONNX operators that can be written."""
INPUTS: dict[Part, str] = {"embed": "pictures", "encode": "pictures", "decode": "vectors"}
OUTPUTS: dict[Part, tuple[str, ...]] = {"embed": ("flow", "confidence"), "encode": ("vectors",), "decode": ("flow",)}


class _Part(nn.Module):
    """One function of the networks as a module."""

    def __init__(self, networks: X2FaceNetworks, part: Part) -> None:
        super().__init__()
        self.networks = networks
        calls: dict[Part, Callable[[Tensor], Tensor | tuple[Tensor, Tensor]]] = {
            "embed": networks.embedding,
            "encode": networks.driving.encode,
            "decode": networks.driving.decode,
        }
        self.call = calls[part]

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        return self.call(x)


def check_opset(opset: int) -> None:
    """UsageError unless graphs can be written with these operators."""
    if opset not in OPSETS:
        raise UsageError(
            f"opset {opset}: the networks can be written with {OPSETS[0]} to {OPSETS[-1]}; {OPSET} would do."
        )


def plain(networks: X2FaceNetworks) -> X2FaceNetworks:
    """A copy on the CPU in float32, laid out as graphs need it."""
    return copy.deepcopy(networks).float().to("cpu", memory_format=torch.contiguous_format)  # type: ignore[call-overload, no-any-return]


def write_graph(networks: X2FaceNetworks, part: Part, path: Path, opset: int = OPSET) -> None:
    """Write one part as an ONNX file. UsageError for an opset that is not there.

    networks: as of `plain`, folded or not
    input: (n, 3, side, side) or (n, vector) float32; outputs as of interface.Engine; n is free
    """
    check_opset(opset)
    dims = networks.dims
    example = torch.zeros(2, dims.vector) if part == "decode" else torch.zeros(2, 3, dims.side, dims.side)
    names = [INPUTS[part], *OUTPUTS[part]]
    with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore")  # torch's newer exporter takes ten times as long and needs more packages
        torch.onnx.export(
            _Part(networks, part).eval(),
            (example,),
            path,
            dynamo=False,
            opset_version=opset,
            input_names=names[:1],
            output_names=names[1:],
            dynamic_axes={name: {0: "n"} for name in names},
        )

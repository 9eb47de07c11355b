"""Graphs of weights, made when they are first needed and cached."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from x2face_core.engines import samples
from x2face_core.engines.cache import GraphFolder
from x2face_core.engines.graph_engine import GraphEngine
from x2face_core.engines.graphs import OPSET, plain, write_graph
from x2face_core.engines.interface import PARTS, Engine, EngineName, Part, require
from x2face_core.engines.torch_engine import TorchEngine
from x2face_core.networks.x2face import X2FaceNetworks


def make_engine(
    name: EngineName, precision: str, networks: X2FaceNetworks, sha256: str, *, device: str = "auto", threads: int = 1
) -> Engine:
    """Build an engine for networks in float32 on the CPU.

    sha256: of their weights; device: auto, or one of the engine's; threads: of the processor, for engines but torch
    MissingError if the engine is not installed, UsageError for a precision or a device that it does not have.
    """
    require(name, precision)
    if name == "torch":
        return TorchEngine(networks, precision, torch.device("cpu" if device == "auto" else device))
    return _kind(name)(prepared(networks, sha256, precision), precision, device, threads)


def _kind(name: EngineName) -> type[GraphEngine]:
    if name == "openvino":
        from x2face_core.engines.openvino_engine import OpenVINOEngine

        return OpenVINOEngine
    from x2face_core.engines.onnxruntime_engine import ONNXRuntimeEngine

    return ONNXRuntimeEngine


def prepared(networks: X2FaceNetworks, sha256: str, precision: str) -> GraphFolder:
    """The folder with all graphs that a precision needs; those that are missing or broken are written."""
    folder = GraphFolder(sha256)
    wanted: list[tuple[Part, str]] = [(part, "fp32") for part in PARTS]
    if precision == "int8":
        wanted += [("encode", "int8"), ("decode", "int8")]
    missing = [one for one in wanted if not folder.has(*one)]
    copied = plain(networks) if missing else networks
    for part, stored in missing:
        with folder.writing(part, stored) as target:
            if stored == "int8":
                write_quantized(copied, part, folder.file(part, "fp32"), target)
            else:
                write_graph(copied, part, target, OPSET)
    return folder


def write_quantized(networks: X2FaceNetworks, part: Part, graph: Path, target: Path) -> None:
    """Write the int8 version of a graph, calibrated on the samples."""
    from x2face_core.engines.quantizing import quantize

    quantize(graph, part, calibration_inputs(networks, part), target)


@torch.inference_mode()
def calibration_inputs(networks: X2FaceNetworks, part: Part) -> Tensor:
    """Pictures of the samples, or vectors: theirs, and those by which the portrait would follow them."""
    pictures = samples.driving_pictures(networks.dims.side)
    if part != "decode":
        return pictures
    vectors = torch.cat([networks.encode(batch) for batch in torch.split(pictures, 8)])
    return torch.cat([vectors, networks.encode(samples.portrait()) + vectors - vectors[:1]])

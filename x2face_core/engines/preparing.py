"""Graphs of weights, made when they are first needed and cached."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from x2face_core.engines import samples
from x2face_core.engines.cache import GraphFolder
from x2face_core.engines.graph_engine import GraphEngine
from x2face_core.engines.graphs import OPSET, Graph, plain, write_graph
from x2face_core.engines.interface import PARTS, Engine, EngineName, Part, require
from x2face_core.engines.torch_engine import TorchEngine
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.warping import reduce

_EVERY = 3  # every so many-th of the samples tells the ranges of channels
_FLOATING = {"encode": (0, 1, 2, -1), "decode": (0, 1, -1)}
"""Convolutions that stay in float in int8 graphs: of those that cost little, the ones whose rounding costs most dB."""


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
                write_quantized(copied, part, target)
            else:
                write_graph(copied, part, target)
    return folder


def write_quantized(networks: X2FaceNetworks, graph: Graph, target: Path, opset: int = OPSET, size: int = 256) -> None:
    """Write a graph in int8, calibrated on the samples.

    networks: as of `plain`; size: of frames
    """
    from x2face_core.engines.equalizing import equalized
    from x2face_core.engines.quantizing import quantize

    networks = equalized(networks, samples.driving_pictures(networks.dims.side)[::_EVERY])
    with TemporaryDirectory(prefix="x2face-") as folder:
        source = Path(folder) / "fp32.onnx"
        write_graph(networks, graph, source, opset, size)
        quantize(source, _examples(networks, graph, size), target, floating=_floating(graph, networks.dims.levels))


def _floating(graph: Graph, levels: int) -> tuple[int, ...]:
    """Convolutions that stay in float. levels: convolutions of the encoder, which a graph of frames has first"""
    if graph != "frames":
        return _FLOATING[graph]
    encoder = (number % levels for number in _FLOATING["encode"])
    return (*encoder, *(number if number < 0 else levels + number for number in _FLOATING["decode"]))


@torch.inference_mode()
def _examples(networks: X2FaceNetworks, graph: Graph, size: int) -> list[dict[str, Tensor]]:
    """Pictures of the samples, or vectors: theirs, and those by which the portrait would follow them."""
    pictures = samples.driving_pictures(networks.dims.side)
    if graph == "decode":
        vectors = torch.cat([networks.encode(batch) for batch in torch.split(pictures, 8)])
        moved = networks.encode(samples.portrait()) + vectors - vectors[:1]
        return [{"vectors": row[None]} for row in torch.cat([vectors, moved])]
    face = {"face": reduce(samples.portrait(), size)} if graph == "frames" else {}
    return [{**face, "pictures": row[None]} for row in pictures]

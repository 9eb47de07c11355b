"""Graphs of weights as files for other programs: ONNX, or OpenVINO's intermediate representation."""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from x2face_core.engines.graphs import INPUTS, OPSET, OUTPUTS, Graph, check_opset, plain, write_graph
from x2face_core.engines.interface import EngineName, require
from x2face_core.engines.preparing import write_quantized
from x2face_core.errors import UsageError
from x2face_core.files.faults import writing
from x2face_core.files.placing import atomic_file
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import WeightsInfo

Format = Literal["onnx", "openvino"]
SUFFIXES: dict[Format, str] = {"onnx": ".onnx", "openvino": ".xml"}
KEY = "x2face"
"""Of the description in a file's metadata, as JSON."""


def check_export(form: Format, dtype: str, opset: int) -> None:
    """UsageError for a precision or an opset that cannot be written, MissingError if a package is not installed."""
    if dtype not in ("fp32", "int8"):
        raise UsageError(f"dtype {dtype}: graphs are written in fp32 or int8; bf16 is an option of what runs them.")
    check_opset(opset)
    if form == "openvino" or dtype == "int8" or find_spec("onnx") is None:
        engine: EngineName = "openvino" if form == "openvino" else "onnxruntime"
        require(engine, dtype)


def export(
    networks: X2FaceNetworks,
    info: WeightsInfo,
    path: Path,
    form: Format,
    graph: Graph,
    *,
    dtype: str = "fp32",
    opset: int = OPSET,
    size: int = 256,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write a graph, with its description in the metadata; returns the description.

    networks: in float32, with the description of their weights
    path: ends in .onnx, or in .xml, beside which .bin is written
    size: of frames in pixels
    UsageError for an existing file unless overwrite.
    """
    described = description(networks, info, graph, dtype, opset, size)
    with TemporaryDirectory(prefix="x2face-") as folder:
        networks, made = plain(networks), Path(folder) / "graph.onnx"
        if dtype == "int8":
            write_quantized(networks, graph, made, opset, size)
        else:
            write_graph(networks, graph, made, opset, size)
        if form == "onnx":
            _write_onnx(made, path, described, overwrite)
        else:
            _write_openvino(made, path, described, overwrite)
    return described


def description(
    networks: X2FaceNetworks, info: WeightsInfo, graph: Graph, dtype: str, opset: int, size: int
) -> dict[str, Any]:
    """What the metadata say: whose networks these are, what they read and answer."""
    dims = networks.dims
    shapes = {
        "face": [1, 3, size, size],
        "pictures": ["n", 3, dims.side, dims.side],
        "vectors": ["n", dims.vector],
        "frames": ["n", 3, size, size],
        "flow": ["n", 2, dims.flow_side, dims.flow_side],
        "confidence": ["n", 1, dims.flow_side, dims.flow_side],
    }
    return {
        "x2face": version("x2face"),
        "weights": info.name,
        "fingerprint": info.fingerprint,
        "sha256": info.sha256,
        "part": graph,
        "dtype": dtype,
        "opset": opset,
        "inputs": {name: shapes[name] for name in INPUTS[graph]},
        "outputs": {name: shapes[name] for name in OUTPUTS[graph]},
        "crop_scale": dims.crop_scale,
        "padding": dims.padding,
    }


def _write_onnx(made: Path, path: Path, described: dict[str, Any], overwrite: bool) -> None:
    import onnx

    model = onnx.load(made)
    onnx.helper.set_model_props(model, {KEY: json.dumps(described)})
    onnx.checker.check_model(model)
    with atomic_file(path, overwrite=overwrite) as hidden, writing(path):
        onnx.save(model, hidden)


def _write_openvino(made: Path, path: Path, described: dict[str, Any], overwrite: bool) -> None:
    import openvino

    model = openvino.Core().read_model(str(made))
    model.set_rt_info(json.dumps(described), [KEY])
    numbers = path.with_suffix(".bin")
    with atomic_file(numbers, overwrite=overwrite) as weights, atomic_file(path, overwrite=overwrite) as hidden:
        openvino.save_model(model, str(hidden), compress_to_fp16=False)
        hidden.with_suffix(".bin").replace(weights)

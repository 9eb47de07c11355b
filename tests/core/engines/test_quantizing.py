"""int8 graphs leave the convolutions in float that lose most."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from x2face_core.engines.graphs import Graph, plain
from x2face_core.engines.preparing import write_quantized
from x2face_core.networks.dims import Dims
from x2face_core.networks.folding import fold
from x2face_core.networks.x2face import X2FaceNetworks

DIMS = Dims(side=32, flow_side=16, width=8, vector=16, padding="border")  # 5 convolutions of the encoder, 4 after it


@pytest.mark.engines
@pytest.mark.parametrize(
    ("graph", "floating"),
    [
        ("encode", [True, True, True, False, True]),
        ("decode", [True, True, False, True]),
        ("frames", [True, True, True, False, True, True, True, False, True]),
    ],
)
def test_first_last_and_costly_convolutions_stay_in_float(graph: Graph, floating: list[bool], tmp_path: Path) -> None:
    import onnx

    torch.manual_seed(0)
    networks = fold(X2FaceNetworks(DIMS).requires_grad_(False))
    write_quantized(plain(networks), graph, tmp_path / "int8.onnx", size=32)
    nodes = onnx.load(tmp_path / "int8.onnx").graph.node
    quantized = {output for node in nodes if node.op_type == "DequantizeLinear" for output in node.output}
    assert [node.input[1] not in quantized for node in nodes if node.op_type == "Conv"] == floating

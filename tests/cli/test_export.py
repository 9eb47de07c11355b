"""`x2face export`: graphs that other programs run, with the same numbers, and a description of them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_cli.app import main
from x2face_core.engines import exporting
from x2face_core.engines.exporting import export
from x2face_core.engines.graphs import GRAPHS, OPSETS, Graph
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import save_weights

DIMS = Dims(side=32, flow_side=16, width=8, vector=16, padding="border")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    networks = X2FaceNetworks(DIMS)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    info = {"name": "tiny", "preset": "light", "dims": DIMS.to_dict(), "parameters": networks.parameter_counts()}
    save_weights(path, networks.state_dict(), info)
    return path


@pytest.fixture(scope="module")
def model(weights: Path) -> X2Face:
    return X2Face.load(weights, device="cpu", dtype="fp32")


def line(weights: Path, output: Path, *more: str, engine: str = "onnx") -> list[str]:
    return ["export", "--engine", engine, "-o", str(output), "--weights", str(weights), "--size", "48", *more]


def given(graph: Graph, n: int) -> dict[str, Any]:
    rng = np.random.default_rng(n)
    inputs = {"face": (1, 3, 48, 48), "pictures": (n, 3, 32, 32), "vectors": (n, 16)}
    return {name: rng.random(inputs[name], dtype=np.float32) for name in exporting.INPUTS[graph]}


@torch.inference_mode()
def expected(model: X2Face, graph: Graph, inputs: dict[str, Any]) -> list[Any]:
    x = {name: torch.from_numpy(value) for name, value in inputs.items()}
    if graph == "frames":
        vectors = model.networks.encode(x["pictures"])
        return [model.networks.render(x["face"], vectors), vectors]
    if graph == "embed":
        return list(model.networks.embedding(x["pictures"]))
    return [model.networks.encode(x["pictures"]) if graph == "encode" else model.networks.driving.decode(x["vectors"])]


def run_onnx(path: Path, inputs: dict[str, Any]) -> list[Any]:
    import onnxruntime

    return list(onnxruntime.InferenceSession(str(path)).run(None, inputs))


def run_openvino(path: Path, inputs: dict[str, Any]) -> list[Any]:
    import openvino

    compiled = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    answers = compiled(inputs)
    return [answers[output] for output in compiled.outputs]


@pytest.mark.engines
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(("engine", "suffix", "run"), [("onnx", "onnx", run_onnx), ("openvino", "xml", run_openvino)])
def test_a_graph_computes_what_torch_does_for_any_number_of_pictures(
    weights: Path, model: X2Face, tmp_path: Path, graph: Graph, engine: str, suffix: str, run: Any
) -> None:
    path = tmp_path / f"tiny.{suffix}"
    assert main(line(weights, path, "--part", graph, engine=engine)) == 0
    for n in (1, 4):
        inputs = given(graph, n)
        for found, wanted in zip(run(path, inputs), expected(model, graph, inputs), strict=True):
            np.testing.assert_allclose(found, wanted.numpy(), atol=2e-5, rtol=1e-4)


@pytest.mark.engines
def test_int8_graphs_are_near_and_smaller(weights: Path, model: X2Face, tmp_path: Path) -> None:
    whole, small = tmp_path / "whole.onnx", tmp_path / "small.onnx"
    assert main(line(weights, whole)) == main(line(weights, small, "--dtype", "int8")) == 0
    inputs = given("frames", 3)
    found, wanted = run_onnx(small, inputs)[0], run_onnx(whole, inputs)[0]
    assert 0 < float(np.abs(found - wanted).mean()) < 0.02
    assert b"QuantizeLinear" in small.read_bytes() and b"QuantizeLinear" not in whole.read_bytes()


@pytest.mark.engines
def test_metadata_say_whose_networks_these_are(
    weights: Path, model: X2Face, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import onnx
    import openvino

    onnx_file, openvino_file = tmp_path / "m.onnx", tmp_path / "m.xml"
    assert main(line(weights, onnx_file, "--json", "--opset", "18")) == 0
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert main(line(weights, openvino_file, "--opset", "18", engine="openvino")) == 0
    stored = onnx.load(onnx_file)
    (text,) = [one.value for one in stored.metadata_props if one.key == "x2face"]
    described = json.loads(text)
    assert described["fingerprint"] == model.fingerprint and described["sha256"] == model.info.sha256
    assert (described["weights"], described["part"], described["dtype"]) == ("tiny", "frames", "fp32")
    assert described["inputs"] == {"face": [1, 3, 48, 48], "pictures": ["n", 3, 32, 32]}
    assert [one.version for one in stored.opset_import] == [18] and described["opset"] == 18
    assert printed == described | {"output": str(onnx_file)}
    rt_info = openvino.Core().read_model(str(openvino_file)).get_rt_info(["x2face"])
    assert json.loads(str(getattr(rt_info, "value", rt_info))) == described


@pytest.mark.engines
@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_nothing_is_replaced_unasked(
    weights: Path, tmp_path: Path, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ("m.onnx" if engine == "onnx" else "m.xml")
    beside = path if engine == "onnx" else path.with_suffix(".bin")
    for there in {path, beside}:
        there.write_text("mine")
        assert main(line(weights, path, engine=engine)) == 2
        assert f"{there} exists already" in capsys.readouterr().err
        assert [one.read_text() for one in tmp_path.iterdir()] == ["mine"]
        there.unlink()
    path.write_text("mine")
    assert main(line(weights, path, "--overwrite", engine=engine)) == 0
    assert path.stat().st_size > 100
    assert {one.name for one in tmp_path.iterdir()} == {path.name, beside.name}


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["--opset", "99"], 2, "opset 99: the networks can be written with 16 to 20; 17 would do"),
        (["--opset", "12"], 2, "opset 12"),
        (["--dtype", "bf16"], 2, "dtype bf16: graphs are written in fp32 or int8"),
        (["--engine", "openvino"], 2, "m.onnx: the name of this file has to end in .xml"),
        (["--engine", "tensorrt"], 2, "tensorrt"),
        (["--weights", "none-such"], 5, "none-such"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_line(
    weights: Path, tmp_path: Path, more: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if code == 5 and find_spec("onnx") is None:
        pytest.skip("the extras are not installed, which is said first")
    assert main(line(weights, tmp_path / "m.onnx", *more)) == code
    error = capsys.readouterr().err.strip()
    assert said in error and len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_installed_is_said_with_its_extra(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("x2face_core.engines.interface", "x2face_core.engines.exporting"):
        monkeypatch.setattr(f"{module}.find_spec", lambda name: None if name != "torch" else object())
    for engine, name, extra in (("onnx", "m.onnx", "onnxruntime"), ("openvino", "m.xml", "openvino")):
        assert main(line(weights, tmp_path / name, engine=engine)) == 3
        assert f"pip install 'x2face[{extra}]'" in capsys.readouterr().err


@pytest.mark.engines
@pytest.mark.parametrize("opset", OPSETS)
def test_every_opset_that_is_offered_can_be_written(model: X2Face, tmp_path: Path, opset: int) -> None:
    path = tmp_path / "m.onnx"
    export(model.networks, model.info, path, "onnx", "frames", opset=opset, size=48)
    inputs = given("frames", 2)
    wanted = expected(model, "frames", inputs)[0]
    np.testing.assert_allclose(run_onnx(path, inputs)[0], wanted.numpy(), atol=2e-5, rtol=1e-4)


@pytest.mark.engines
def test_the_weights_are_not_replaced_by_their_graph(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.onnx"
    path.hardlink_to(weights)
    assert main(line(weights, path, "--overwrite")) == 2
    assert "is one of the files that this run reads" in capsys.readouterr().err
    assert path.samefile(weights)

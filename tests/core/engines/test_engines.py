"""Engines compute what torch does, for any number of pictures, and say what they lack."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch

from x2face_core.engines import samples
from x2face_core.engines.cache import GraphFolder
from x2face_core.engines.graph_engine import replace_networks
from x2face_core.engines.interface import OFFERS, EngineName
from x2face_core.engines.preparing import make_engine, prepared
from x2face_core.engines.torch_engine import TorchEngine
from x2face_core.errors import MissingError, UsageError
from x2face_core.networks.dims import Dims
from x2face_core.networks.folding import fold
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.networks.x2face import X2FaceNetworks

Tensor = torch.Tensor
DIMS = Dims(side=32, flow_side=16, width=8, vector=16, padding="border")
SHA = "5" * 64
OTHERS: list[EngineName] = ["openvino", "onnxruntime"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def networks() -> X2FaceNetworks:
    torch.manual_seed(0)
    return in_memory_format(fold(X2FaceNetworks(DIMS).requires_grad_(False)), torch.channels_last)


def pictures(n: int) -> Tensor:
    return samples.driving_pictures(32)[n : 2 * n]


def error_of(found: Tensor, expected: Tensor) -> float:
    """Relative to the size of what is expected."""
    return float((found - expected).norm() / expected.norm())


@torch.inference_mode()
def test_torch_computes_the_networks(networks: X2FaceNetworks) -> None:
    for precision, most in (("fp32", 0.0), ("bf16", 0.05)):
        engine = make_engine("torch", precision, networks, SHA)
        vectors = engine.encode(pictures(2))
        assert vectors.dtype == torch.float32
        assert error_of(vectors, networks.encode(pictures(2))) <= most
        assert error_of(engine.decode(vectors), networks.driving.decode(vectors)) <= most
        assert error_of(engine.embed(pictures(2))[0], networks.embedding(pictures(2))[0]) <= most


@pytest.mark.engines
@pytest.mark.parametrize(
    ("name", "precision", "most"),
    [
        ("openvino", "fp32", 1e-5),
        ("openvino", "bf16", 0.05),
        ("openvino", "int8", 0.2),
        ("onnxruntime", "fp32", 1e-5),
        ("onnxruntime", "int8", 0.2),
    ],
)
@torch.inference_mode()
def test_other_engines_compute_the_same_for_any_number_of_pictures(
    networks: X2FaceNetworks, name: EngineName, precision: str, most: float
) -> None:
    engine, reference = make_engine(name, precision, networks, SHA), TorchEngine(networks)
    assert (engine.name, engine.precision, engine.device) == (name, precision, "cpu")
    for n in (3, 1, 5):
        vectors = reference.encode(pictures(n))
        assert error_of(engine.encode(pictures(n)), vectors) < most
        assert error_of(engine.decode(vectors), reference.decode(vectors)) < most
        for found, expected in zip(engine.embed(pictures(n)), reference.embed(pictures(n)), strict=True):
            assert error_of(found, expected) < 1e-4  # at any precision


@pytest.mark.engines
@pytest.mark.parametrize("name", OTHERS)
def test_an_engine_serves_several_threads(networks: X2FaceNetworks, name: EngineName) -> None:
    engine = make_engine(name, "fp32", networks, SHA)
    expected = [engine.encode(pictures(n)) for n in range(1, 5)]
    wrong: list[int] = []

    def serve(n: int) -> None:
        for _ in range(20):
            if not torch.equal(engine.encode(pictures(n)), expected[n - 1]):
                wrong.append(n)

    threads = [threading.Thread(target=serve, args=(n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.engines
@torch.inference_mode()
def test_networks_that_an_engine_computes_fuse_and_render_alike(networks: X2FaceNetworks) -> None:
    texture, vectors = networks.fuse(pictures(2), "aligned"), networks.encode(pictures(3))
    frames = networks.render(texture, vectors)
    replace_networks(networks, make_engine("onnxruntime", "fp32", networks, SHA))
    torch.testing.assert_close(networks.fuse(pictures(2), "aligned"), texture, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(networks.render(texture, networks.encode(pictures(3))), frames, atol=1e-4, rtol=1e-4)


@pytest.mark.engines
@pytest.mark.parametrize("name", OTHERS)
def test_a_device_that_an_engine_does_not_have(networks: X2FaceNetworks, name: EngineName) -> None:
    with pytest.raises(UsageError, match=f"device tpu: {name} has none of this name here; usable: cpu"):
        make_engine(name, "fp32", networks, SHA, device="tpu")


@pytest.mark.engines
@pytest.mark.parametrize("name", OTHERS)
def test_a_graph_that_an_engine_cannot_run_is_no_bug(networks: X2FaceNetworks, name: EngineName) -> None:
    engine = make_engine(name, "fp32", networks, SHA)
    GraphFolder(SHA).file("encode", "fp32").write_bytes(b"no graph")
    with pytest.raises(MissingError, match=rf"engine {name}: cannot compute .*pip install --upgrade {name}"):
        engine.encode(pictures(1))


@pytest.mark.engines
def test_graphs_are_written_once_and_broken_ones_again(home: Path, networks: X2FaceNetworks) -> None:
    folder = prepared(networks, SHA, "fp32")
    files = {path: path.stat().st_mtime_ns for path in folder.path.glob("*.onnx")}
    assert sorted(path.name for path in files) == ["decode-fp32.onnx", "embed-fp32.onnx", "encode-fp32.onnx"]
    spoilt = folder.file("encode", "fp32")
    spoilt.write_bytes(spoilt.read_bytes()[:-10])
    changed = {path for path in files if prepared(networks, SHA, "fp32") and path.stat().st_mtime_ns != files[path]}
    assert changed == {spoilt}
    (folder.path / "graphs.json").write_text("{")
    prepared(networks, SHA, "fp32")
    assert all(folder.has(part, "fp32") for part in ("embed", "encode", "decode"))


@pytest.mark.engines
def test_graphs_of_other_versions_are_removed(networks: X2FaceNetworks, monkeypatch: pytest.MonkeyPatch) -> None:
    old = prepared(networks, SHA, "fp32").path
    monkeypatch.setattr("x2face_core.engines.cache.versions", lambda: {"torch": "99.0"})
    new = prepared(networks, SHA, "fp32").path
    assert (old.exists(), new.exists(), new != old) == (False, True, True)


@pytest.mark.engines
def test_graphs_go_elsewhere_where_the_cache_cannot_be_written(
    tmp_path: Path, networks: X2FaceNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path / "file"))
    engine = make_engine("onnxruntime", "fp32", networks, SHA)
    assert error_of(engine.encode(pictures(2)), networks.encode(pictures(2))) < 1e-5


def test_every_engine_offers_float32() -> None:
    assert all(offered[0] == "fp32" for offered in OFFERS.values())

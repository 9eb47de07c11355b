"""Which engine computes the networks: as said, or the fastest that passes; decided once a machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from x2face_core.engines import choosing, interface
from x2face_core.engines.choosing import Candidate, candidates, check_engine, choose, decide, fastest
from x2face_core.engines.trial import Trial
from x2face_core.errors import MissingError, UsageError, X2FaceError
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks

TINY = Dims(side=16, flow_side=8, width=4, vector=16, padding="border")


def lacking(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Let packages look as if they were not installed, and all others as if they were."""
    monkeypatch.setattr(interface, "find_spec", lambda name: None if name in packages else object())


def trial(engine: str, precision: str, fps: float, psnr: float = 99.0) -> Trial:
    return Trial(engine=engine, precision=precision, psnr=psnr, worst=psnr, fps=fps, ratio=1.0)


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
def test_an_engine_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    lacking(monkeypatch, name)
    with pytest.raises(MissingError, match=rf"engine {name}: .*not installed; `pip install 'x2face\[{name}\]'`"):
        check_engine(name, "auto")


def test_an_engine_whose_graphs_cannot_be_written_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking(monkeypatch, "onnx")
    with pytest.raises(MissingError, match=r"engine openvino: onnx is not installed; .*x2face\[openvino\]"):
        check_engine("openvino", "fp32")


def test_int8_names_the_extra_that_calibrates_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking(monkeypatch, "onnxruntime")
    with pytest.raises(MissingError, match=r"int8 is calibrated by onnxruntime.*x2face\[openvino,onnxruntime\]"):
        check_engine("openvino", "int8")
    with pytest.raises(MissingError, match=r"x2face\[onnxruntime\]"):
        check_engine("auto", "int8")


@pytest.mark.parametrize(
    ("engine", "dtype", "said"),
    [
        ("tensorrt", "auto", "engine tensorrt: expected auto, torch, openvino, onnxruntime"),
        ("torch", "int4", "dtype int4: expected auto, fp32, bf16, fp16, int8"),
        ("torch", "int8", "dtype int8: torch has fp32, bf16, fp16; --engine openvino or onnxruntime has this one"),
        ("onnxruntime", "bf16", "dtype bf16: onnxruntime has fp32, int8; --engine torch or openvino has this one"),
    ],
)
def test_engines_and_precisions_that_there_are_not(
    monkeypatch: pytest.MonkeyPatch, engine: str, dtype: str, said: str
) -> None:
    lacking(monkeypatch)
    with pytest.raises(UsageError, match=said):
        check_engine(engine, dtype)


def test_what_may_be_chosen_is_installed_and_as_said(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking(monkeypatch, "openvino")
    assert candidates("auto", "auto") == [
        ("torch", "fp32"), ("torch", "bf16"), ("onnxruntime", "fp32"), ("onnxruntime", "int8"),
    ]  # fmt: skip
    assert candidates("auto", "int8") == [("onnxruntime", "int8")]
    assert candidates("torch", "auto") == [("torch", "fp32"), ("torch", "bf16")]


OPEN: list[Candidate] = [("torch", "fp32"), ("torch", "bf16"), ("openvino", "bf16"), ("onnxruntime", "int8")]


@pytest.mark.parametrize(
    ("speeds", "chosen"),
    [
        ((100, 150, 180, 250), ("onnxruntime", "int8")),
        ((100, 150, 180, 60), ("openvino", "bf16")),
        ((100, 104, 103, 109), ("torch", "fp32")),  # not worth another precision
    ],
)
def test_the_fastest_is_chosen_if_it_is_worth_it(speeds: tuple[float, ...], chosen: Candidate) -> None:
    assert fastest([trial(*one, fps) for one, fps in zip(OPEN, speeds, strict=True)], OPEN) == chosen


def test_what_fails_its_tolerance_is_not_chosen() -> None:
    right, wrong = trial("onnxruntime", "int8", 200, psnr=38.1), trial("onnxruntime", "int8", 200, psnr=37.9)
    assert fastest([trial("torch", "fp32", 100), right], OPEN) == ("onnxruntime", "int8")
    assert fastest([trial("torch", "fp32", 100), wrong], OPEN) == ("torch", "fp32")
    with pytest.raises(X2FaceError, match="doctor --engines"):
        fastest([wrong], OPEN)


@pytest.fixture
def networks() -> X2FaceNetworks:
    torch.manual_seed(0)
    return X2FaceNetworks(TINY).eval().requires_grad_(False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Counts the trials that are made; each says that torch is twice as fast in bf16."""
    made: list[str] = []

    def trials(of: list[Candidate], networks: X2FaceNetworks, sha256: str, *, threads: int) -> list[Trial]:
        made.append(sha256)
        return [trial(*one, 100 * (1 + (one[1] == "bf16"))) for one in of]

    monkeypatch.setattr(choosing, "run_trials", trials)
    monkeypatch.setattr(choosing, "installed", lambda engine, precision="fp32": engine == "torch")
    return made


def decided(networks: X2FaceNetworks, sha256: str = "a" * 64, threads: int = 1) -> Candidate:
    return decide("torch", "auto", networks, sha256, device="auto", threads=threads)


def test_a_trial_is_made_once_for_weights_and_threads(home: Path, networks: X2FaceNetworks, tried: list[str]) -> None:
    assert [decided(networks) for _ in range(3)] == [("torch", "bf16")] * 3
    assert len(tried) == 1
    decided(networks, "b" * 64)
    decided(networks, threads=2)
    assert len(tried) == 3


def test_another_version_of_an_engine_is_tried_anew(
    home: Path, networks: X2FaceNetworks, tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(networks)
    monkeypatch.setattr("x2face_core.engines.cache.versions", lambda: {"torch": "99.0"})
    decided(networks)
    assert len(tried) == 2


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"trials": 3}', '{"trials": [{"engine": "torch"}]}', '{"trials": []}', "\x00\xff"]
)
def test_a_broken_memory_is_replaced(home: Path, networks: X2FaceNetworks, tried: list[str], content: str) -> None:
    decided(networks)
    (memory,) = (home / "cache" / "engines").glob("trials-*.json")
    memory.write_text(content, encoding="latin-1")
    assert decided(networks) == ("torch", "bf16")
    assert len(tried) == 2
    assert json.loads(memory.read_text())["trials"]


def test_where_nothing_can_be_remembered_nothing_is_tried(
    tmp_path: Path, networks: X2FaceNetworks, tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path / "file"))
    assert decided(networks) == ("torch", "fp32")
    assert tried == []


def test_without_extras_auto_is_torch_and_nothing_is_tried(
    home: Path, networks: X2FaceNetworks, tried: list[str]
) -> None:
    assert choose("auto", "auto", networks, "a" * 64, device="auto", threads=1) == ("torch", "fp32")
    assert choose("auto", "bf16", networks, "a" * 64, device="auto", threads=1) == ("torch", "bf16")
    assert (tried, list(home.iterdir())) == ([], [])


@pytest.mark.parametrize(("width", "bf16", "chosen"), [(24, True, "bf16"), (24, False, "fp32"), (4, True, "fp32")])
def test_light_networks_are_computed_in_bf16_where_the_processor_multiplies_in_it(
    monkeypatch: pytest.MonkeyPatch, width: int, bf16: bool, chosen: str
) -> None:
    networks = X2FaceNetworks(Dims(side=64, flow_side=32, width=width, max_factor=12, confidence=False))
    assert networks.is_light
    monkeypatch.setattr(choosing, "multiplies_bf16", lambda: bf16)
    assert choose("torch", "auto", networks, "a" * 64, device="cpu", threads=1) == ("torch", chosen)
    assert choose("torch", "fp32", networks, "a" * 64, device="cpu", threads=1) == ("torch", "fp32")


@pytest.mark.parametrize(
    ("told", "expected"),
    [({"avx512_bf16": True, "amx_bf16": False}, True), ({"avx512_bf16": False}, False), ({}, False)],
)
def test_instructions_for_bf16_are_asked_of_torch(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, bool], expected: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    assert choosing.multiplies_bf16() is expected

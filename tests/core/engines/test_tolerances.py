"""The package's own weights by each engine: frames that nothing was calibrated on are within the stated tolerances."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from x2face_core.engines import samples
from x2face_core.engines.choosing import candidates
from x2face_core.engines.interface import EngineName
from x2face_core.engines.preparing import make_engine
from x2face_core.engines.torch_engine import TorchEngine
from x2face_core.engines.trial import TOLERANCES, Trial, _decibels, _frames, try_engines
from x2face_core.media.video import read_frames
from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_core.warping import reduce
from x2face_lab.demo.inputs import FILM

pytestmark = pytest.mark.weights
Tensor = torch.Tensor
KEPT = 4  # every so many-th frame of the demo's film is a sample


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cache for the module: calibration takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("X2FACE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def model(home: Path) -> X2Face:
    return X2Face.load(device="cpu", dtype="fp32")


@pytest.fixture(scope="module")
def unseen() -> Tensor:
    """Pictures of the demo's film between those that are samples, every third of them."""
    frames = [frame for number, frame in enumerate(read_frames(FILM)) if number % KEPT]
    return reduce(to_tensor(frames[::3]), 128)


def test_the_samples_are_every_fourth_frame_of_the_demo_s_film() -> None:
    expected = to_tensor(list(read_frames(FILM))[::KEPT])
    found = samples.driving_pictures(256)
    assert found.shape == expected.shape
    assert all(_decibels(float((one - other).square().mean())) > 35 for one, other in zip(found, expected, strict=True))


def test_the_portrait_is_a_face() -> None:
    from x2face_core.media.faces import find_faces
    from x2face_core.pixels import to_pictures

    assert samples.portrait().shape == (1, 3, 256, 256)
    assert len(find_faces(to_pictures(samples.portrait())[0])) == 1


def test_tolerances_are_as_promised() -> None:
    assert TOLERANCES["bf16"] >= 45 and TOLERANCES["int8"] >= 38


def decibels(model: X2Face, engine: EngineName, precision: str, pictures: Tensor) -> float:
    """PSNR of the worst frame against that of torch in float32."""
    made = make_engine(engine, precision, model.networks, model.info.sha256)
    with torch.inference_mode():
        texture = model.networks.fuse(samples.portrait(), "mean")[None]
        expected, found = (_frames(one, texture, pictures, "border") for one in (TorchEngine(model.networks), made))
    return _decibels(float((found - expected).square().mean(dim=(1, 2, 3)).max()))


def test_bf16_by_torch_is_within_its_tolerance(model: X2Face, unseen: Tensor) -> None:
    assert TOLERANCES["bf16"] <= decibels(model, "torch", "bf16", unseen) < 70


@pytest.mark.engines
@pytest.mark.parametrize(
    ("engine", "precision", "most"),
    [
        ("openvino", "fp32", 201),
        ("openvino", "bf16", 70),
        ("openvino", "int8", 60),
        ("onnxruntime", "fp32", 201),
        ("onnxruntime", "int8", 60),
    ],
)
def test_every_engine_is_within_its_tolerance(
    model: X2Face, unseen: Tensor, engine: EngineName, precision: str, most: float
) -> None:
    """most: dB that a lower precision cannot reach, so that it is what was computed; 200 are equal frames"""
    assert TOLERANCES[precision] <= decibels(model, engine, precision, unseen) < most


@pytest.mark.parametrize(("worst", "passes"), [(38.0, True), (37.9, False)])
def test_an_engine_passes_by_its_worst_frame(worst: float, passes: bool) -> None:
    assert Trial(engine="openvino", precision="int8", psnr=43.0, worst=worst).passes is passes


@pytest.mark.engines
def test_a_trial_compares_and_times_all_that_is_installed(model: X2Face) -> None:
    engines = [make_engine(*one, model.networks, model.info.sha256) for one in candidates("auto", "auto")[1:]]
    trials = try_engines(model.networks, engines)
    assert [(one.engine, one.precision) for one in trials] == candidates("auto", "auto")
    assert (trials[0].psnr, trials[0].ratio) == (200.0, 1.0)
    for one in trials:
        assert one.passes and one.worst <= one.psnr and one.fps > 0 and one.error == ""
        assert one.ratio == pytest.approx(one.fps / trials[0].fps)


@pytest.mark.engines
def test_an_engine_that_fails_in_a_trial_is_listed_and_left_out(model: X2Face) -> None:
    from x2face_core.engines.cache import GraphFolder

    class Spoilt(GraphFolder):
        def file(self, part: str, precision: str) -> Path:
            return self.path / "none.onnx"

    from x2face_core.engines.onnxruntime_engine import ONNXRuntimeEngine

    (_, spoilt) = try_engines(model.networks, [ONNXRuntimeEngine(Spoilt("0" * 64), "fp32", "auto", 1)])
    assert not spoilt.passes and spoilt.fps == 0 and "cannot compute these networks" in spoilt.error


@pytest.mark.engines
@pytest.mark.parametrize(("engine", "precision"), [("openvino", "bf16"), ("onnxruntime", "int8")])
def test_a_model_says_what_computes_it(home: Path, engine: str, precision: str) -> None:
    model = X2Face.load(engine=engine, dtype=precision)
    assert (model.engine, model.precision, model.device_name) == (engine, precision, "cpu")
    face = model.embed(samples.portrait())
    frames = model.render(face, model.encode(samples.driving_pictures(256)[:3]))
    assert frames.shape == (3, 3, 256, 256)
    assert not any(name.startswith(("embedding.", "driving.")) for name, _ in model.networks.named_parameters())

"""A bundle drives as the released files do: max |difference| <= 1e-4 on frames, whatever drives."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from x2face_audio.settings import Settings as Speech
from x2face_core.convert.finding import find_released
from x2face_core.driving import Factor
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.model import X2Face
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.composing import compose
from x2face_core.weights import read_info, verify
from x2face_lab.converting import convert
from x2face_plugins.activating import load_driver
from x2face_plugins.mappings.loading import mapping_loader
from x2face_plugins.mappings.lookup import fitted_names
from x2face_plugins.registry import Registry
from x2face_pose.settings import Settings as Pose

from ..released import (
    Change,
    State,
    made_up_pose,
    made_up_state,
    released_frames,
    released_pose,
    released_speech,
    released_vector,
)

NEAR = 1e-4
REGISTRY = Registry.load()


@dataclass
class Released:
    """Made-up files as released, what is in them, and the bundle made of them."""

    folder: Path
    state: State
    pose: tuple[State, State]
    regression: tuple[Tensor, Tensor]
    features: np.ndarray[Any, Any]

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.suffix in (".pth", ".pkl"))

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.safetensors"


def write_released(folder: Path, levels: int, width: int) -> Released:
    """All five files; the checkpoints in the format of torch before 1.6, and one of today's."""
    state, pose = made_up_state(levels, width), made_up_pose()
    contents = {"x2face_model": state, "posereg": pose[0], "posetobottle": pose[1]}
    for name, content in contents.items():
        new = name == "posetobottle"
        torch.save({"state_dict": content, "epoch": 3}, folder / f"{name}.pth", _use_new_zipfile_serialization=new)
    random = np.random.default_rng(0)
    features = random.gamma(1.0, 1.0, (40, 256)).astype(np.float32)
    scaler = StandardScaler().fit(features)
    vectors = 0.2 * random.standard_normal((40, 128)).astype(np.float32)
    regression = LinearRegression().fit(scaler.transform(features), vectors)
    joblib.dump(regression, folder / "linearregression_scaledTrue_7000.pkl")
    joblib.dump(scaler, folder / "scaler_7000.pkl")
    numbers = torch.from_numpy(regression.coef_).float(), torch.from_numpy(regression.intercept_).float()
    released = Released(folder, state, pose, numbers, features)
    convert(released.files, released.bundle, REGISTRY)
    return released


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("X2FACE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(
    scope="module",
    params=[pytest.param((5, 4), id="small"), pytest.param((8, 64), id="whole", marks=pytest.mark.slow)],
)
def released(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Released:
    return write_released(tmp_path_factory.mktemp("released"), *request.param)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Released:
    return write_released(tmp_path_factory.mktemp("written"), 5, 4)


@pytest.fixture
def small(written: Released, tmp_path: Path) -> Released:
    """Files that a test may change."""
    return replace(written, folder=shutil.copytree(written.folder, tmp_path / "released"))


@pytest.fixture(scope="module")
def model(released: Released) -> X2Face:
    return X2Face.load(released.bundle, dtype="fp32")


@pytest.fixture(scope="module")
def pictures(model: X2Face) -> list[Tensor]:
    """Four (1, 3, side, side), smooth but for a little noise, as photographs are."""
    dice = torch.Generator().manual_seed(5)
    coarse = torch.rand(4, 3, 8, 8, generator=dice)
    smooth = torch.nn.functional.interpolate(coarse, model.dims.side, mode="bicubic").clamp(0, 1)
    noisy = (smooth + 0.02 * torch.randn(smooth.shape, generator=dice)).clamp(0, 1)
    return list(noisy.split(1))


@pytest.fixture(scope="module")
def source(model: X2Face, pictures: list[Tensor]) -> ModelSource:
    mappings = mapping_loader(REGISTRY, model.fingerprint, weights=model.info.path)
    return ModelSource.of(model, pictures[0], load_mapping=mappings)


def driven(source: ModelSource, name: str, settings: Any) -> Tensor:
    """Frames (n, 3, side, side), as a run has them but for being rounded to 8 bits."""
    rows = compose([load_driver(REGISTRY.driver(name), settings)], source).rows
    return source.model.render(source.face, torch.from_numpy(np.stack([row.vector for row in rows])).float())


def far(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_frames_are_those_of_the_released_arithmetic(
    count: int, released: Released, model: X2Face, pictures: list[Tensor]
) -> None:
    expected = released_frames(released.state, pictures[:count], pictures[3])
    found = model.render(model.embed(torch.cat(pictures[:count])), model.encode(pictures[3]))
    assert far(found, expected) <= NEAR
    assert far(expected, pictures[0]) > 0.3 and far(expected, torch.zeros(())) > 0.3  # neither the source nor black


def test_fusion_is_as_released_unless_it_is_said(model: X2Face, pictures: list[Tensor]) -> None:
    two = torch.cat(pictures[:2])
    by_default, weighed, mean = (model.embed(two, fusion).texture for fusion in ("auto", "confidence", "mean"))
    assert torch.equal(by_default, weighed) and far(by_default, mean) > 1e-3


def test_vectors_are_those_of_the_released_arithmetic(
    released: Released, model: X2Face, pictures: list[Tensor]
) -> None:
    expected = released_vector(released.state, pictures[3])
    assert far(model.encode(pictures[3]), expected) <= NEAR * float(expected.abs().max())


ANGLES = [(12.0, 0.0, 0.0), (0.0, -30.0, 0.0), (0.0, 0.0, 60.0), (-5.0, 6.0, 7.0)]


@pytest.mark.parametrize("degrees", ANGLES)
def test_poses_are_those_of_the_notebook(
    degrees: tuple[float, float, float], released: Released, source: ModelSource, pictures: list[Tensor]
) -> None:
    radians = torch.tensor(degrees).deg2rad()
    expected = change_of(released, pictures[0], released_pose(*released.pose, radians))
    angles = dict(zip(("roll", "pitch", "yaw"), map(str, degrees), strict=True))
    found = driven(source, "pose", Pose(**angles, seconds=0.04, absolute=True))
    assert far(found, expected) <= NEAR
    assert far(expected, change_of(released, pictures[0], None)) > 100 * NEAR


def change_of(released: Released, picture: Tensor, change: Change | None) -> Tensor:
    """The source driven by itself, as the notebooks do, its vector changed on the way."""
    return released_frames(released.state, [picture], picture, change)


def test_speech_is_that_of_the_notebook(
    released: Released, source: ModelSource, pictures: list[Tensor], tmp_path: Path
) -> None:
    heard, own = released.features[:6], released.features[7]
    np.savez(tmp_path / "own.npz", audio_feat=own)
    np.savez(tmp_path / "heard.npz", audio_feat=heard)
    notebook = [
        released_speech(*released.pose, released.regression, torch.from_numpy(row), torch.from_numpy(own))
        for row in heard
    ]
    expected = torch.cat([change_of(released, pictures[0], change) for change in notebook])
    found = driven(source, "audio", Speech(str(tmp_path / "heard.npz"), rest=tmp_path / "own.npz"))
    assert far(found, expected) <= NEAR
    assert far(expected, change_of(released, pictures[0], None)) > 100 * NEAR
    uncorrected = driven(
        source, "audio", Speech(str(tmp_path / "heard.npz"), rest=tmp_path / "own.npz", correction="none")
    )
    assert far(uncorrected, expected) > 10 * NEAR


def test_the_pose_mapping_speaks_degrees_and_leaves_the_source_alone(released: Released, source: ModelSource) -> None:
    pose = source.mapping("pose")
    assert isinstance(pose, Factor)
    weight, bias = released.pose[0].values()
    radians = source.vector @ weight.T + bias
    assert torch.allclose(pose.read(source.vector[None])[0], radians.rad2deg(), atol=1e-3)
    zero = driven(source, "pose", Pose(yaw="0", seconds=0.04))
    assert far(zero, source.model.render(source.face, source.vector[None])) < 1e-6


def test_the_scaler_is_kept_and_not_applied(released: Released, source: ModelSource) -> None:
    state = source.mapping("audio_features").state_dict()
    assert torch.allclose(state["mean"], torch.from_numpy(released.features).mean(0), atol=1e-4)
    assert torch.allclose(state["scale"], torch.from_numpy(released.features).std(0, correction=0), atol=1e-4)
    assert torch.equal(state["weight"], released.regression[0])


def test_a_bundle_says_what_is_in_it(released: Released) -> None:
    info = verify(released.bundle)
    assert (info.name, info.preset, info.recipe["name"]) == ("bundle", "paper", "released")
    assert info.dims["padding"] == "zeros" and info.dims["driving_tanh"] == 2 and info.dims["order"] == "released"
    assert fitted_names(REGISTRY, info.fingerprint, info.path) == ["audio_features", "pose"]
    assert fitted_names(REGISTRY, info.fingerprint) == []
    if info.dims["width"] == 64:
        assert info.parameters == {"embedding": 39_157_760, "driving": 25_614_080}


def test_networks_alone_are_a_bundle_too(small: Released, tmp_path: Path) -> None:
    info = convert([small.folder / "x2face_model.pth"], tmp_path / "new" / "bare.safetensors", REGISTRY)
    assert info.path is not None and fitted_names(REGISTRY, info.fingerprint, info.path) == []
    assert info.fingerprint == read_info(small.bundle).fingerprint


def test_networks_without_confidence_are_fused_by_the_mean(tmp_path: Path) -> None:
    torch.save(made_up_state(channels=2), tmp_path / "m.pth")
    info = convert([tmp_path / "m.pth"], tmp_path / "b.safetensors", REGISTRY)
    assert (info.dims["confidence"], info.dims["fusion"]) == (False, "mean")


@pytest.mark.parametrize(
    ("left", "warning", "mappings"),
    [
        ("posereg.pth", r"posereg\.pth: left out, as poses also need posetobottle", []),
        ("posetobottle.pth", r"posetobottle\.pth: left out, as poses also need posereg", []),
        ("scaler_7000.pkl", r"scaler_7000\.pkl: left out, as it scales for a linearregression", []),
        ("linearregression_scaledTrue_7000.pkl", None, ["audio_features"]),
    ],
)
def test_half_a_mapping_is_left_out_and_told(
    left: str, warning: str | None, mappings: list[str], small: Released, tmp_path: Path
) -> None:
    told: list[str] = []
    files = [small.folder / "x2face_model.pth", small.folder / left]
    info = convert(files, tmp_path / "half.safetensors", REGISTRY, told.append)
    assert fitted_names(REGISTRY, info.fingerprint, info.path) == mappings
    assert len(told) == (warning is not None)
    if warning:
        assert re.search(warning, told[0])


def test_files_without_networks_are_no_bundle(small: Released, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"None of the files holds the networks.*posereg\.pth \(pose reading\)"):
        convert([small.folder / "posereg.pth"], tmp_path / "b.safetensors", REGISTRY)
    assert not (tmp_path / "b.safetensors").exists()


def test_the_same_part_twice_is_refused(small: Released, tmp_path: Path) -> None:
    shutil.copy(small.folder / "posereg.pth", small.folder / "again.pth")
    with pytest.raises(UsageError, match="both hold the pose reading"):
        convert([*small.files], tmp_path / "b.safetensors", REGISTRY)


SAMPLER = "pix2pixSampler.netG.model."


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda state: state.pop(f"{SAMPLER}submodule.down.1.weight"), "lacks 1 tensors.*submodule.down.1.weight"),
        (lambda state: state.pop(f"{SAMPLER}submodule.up.3.running_var"), "lacks 1 tensors.*running_var"),
        (lambda state: state.update({f"{SAMPLER}down.9.weight": torch.zeros(1)}), r"1 tensors that no.*down\.9"),
        (lambda state: state.update({f"{SAMPLER}up.2.weight": torch.zeros(5, 4, 3, 3)}), "answers 3 and 5 channels"),
        (
            lambda state: state.update({f"{SAMPLER}submodule.down.1.weight": torch.zeros(8, 5, 4, 4)}),
            r"submodule\.down\.1\.weight has shape \(8, 5, 4, 4\); \(8, 4, 4, 4\) is needed",
        ),
        (lambda state: state[f"{SAMPLER}up.2.weight"].fill_(torch.nan), "not finite"),
    ],
)
def test_networks_that_are_not_whole_are_refused_by_their_tensor(change: Any, says: str, tmp_path: Path) -> None:
    state = made_up_state()
    change(state)
    torch.save(state, tmp_path / "m.pth")
    with pytest.raises(WeightsError, match=says):
        convert([tmp_path / "m.pth"], tmp_path / "b.safetensors", REGISTRY)
    assert not (tmp_path / "b.safetensors").exists()


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("posereg.pth", {"posefrombottle.weight": torch.zeros(3, 64), "posefrombottle.bias": torch.zeros(3)}, "128"),
        ("posetobottle.pth", {**made_up_pose()[1], "1.running_var": torch.full((128,), torch.nan)}, "not finite"),
    ],
)
def test_a_mapping_of_other_networks_is_refused(
    file: str, content: Any, says: str, small: Released, tmp_path: Path
) -> None:
    torch.save(content, small.folder / file)
    with pytest.raises(WeightsError, match=rf"{file}: its .*{says}"):
        convert(small.files, tmp_path / "b.safetensors", REGISTRY)


def test_a_regression_from_other_features_is_refused(small: Released, tmp_path: Path) -> None:
    fitted = LinearRegression().fit(np.zeros((4, 1024)), np.zeros((4, 128)))
    joblib.dump(fitted, small.folder / "linearregression_scaledTrue_7000.pkl")
    with pytest.raises(WeightsError, match=r"its weight has shape \(128, 1024\); \(128, 256\)"):
        convert(small.files, tmp_path / "b.safetensors", REGISTRY)


def test_a_folder_s_files_are_found_by_their_names(small: Released, tmp_path: Path) -> None:
    clone = tmp_path / "X2Face"
    models = clone / "UnwrapMosaic" / "release_models"
    shutil.copytree(small.folder, models, ignore=shutil.ignore_patterns("*.safetensors", "X2Face"))
    shutil.copy(models / "x2face_model.pth", models / "x2face_model_forpython3.pth")
    (models / "x2face_model.pth").write_bytes(b"the older one is not even read")
    names = [path.name for path in find_released(clone)]
    assert names == [
        "x2face_model_forpython3.pth",
        "posereg.pth",
        "posetobottle.pth",
        "linearregression_scaledTrue_7000.pkl",
        "scaler_7000.pkl",
    ]
    convert(find_released(clone), tmp_path / "b.safetensors", REGISTRY)
    ours, before = load_file(tmp_path / "b.safetensors"), load_file(small.bundle)
    assert all(torch.equal(ours[name], before[name]) for name in before)


@pytest.mark.parametrize("names", [[], ["posereg.pth"], ["readme.md", "model.pth"]])
def test_a_folder_without_the_networks_is_told(names: list[str], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"holds no x2face_model\.pth"):
        find_released(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        find_released(tmp_path / "none")

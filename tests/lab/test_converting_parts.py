"""What makes a bundle, and which files are refused."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.linear_model import LinearRegression

from tests.lab.converted import REGISTRY, Released, write_released
from x2face_core.convert.finding import find_released
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.weights import read_info
from x2face_lab.converting import convert
from x2face_plugins.mappings.lookup import fitted_names

from ..released import (
    made_up_pose,
    made_up_state,
)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("X2FACE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Released:
    return write_released(tmp_path_factory.mktemp("written"), 5, 4)


@pytest.fixture
def small(written: Released, tmp_path: Path) -> Released:
    """Files that a test may change."""
    return replace(written, folder=shutil.copytree(written.folder, tmp_path / "released"))


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
    warnings: list[str] = []
    files = [small.folder / "x2face_model.pth", small.folder / left]
    info = convert(files, tmp_path / "half.safetensors", REGISTRY, warnings.append)
    assert fitted_names(REGISTRY, info.fingerprint, info.path) == mappings
    assert len(warnings) == (warning is not None)
    if warning:
        assert re.search(warning, warnings[0])


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

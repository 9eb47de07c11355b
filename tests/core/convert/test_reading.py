"""Checkpoints and regressions of 2018 and of today are read as they were written."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

from x2face_core.convert import estimators
from x2face_core.convert.parts import one_of_each, read_part
from x2face_core.convert.reading import read_released
from x2face_core.errors import InputError, UsageError, WeightsError

from ...released import made_up_pose, made_up_state

PYTHON2 = Path(__file__).parent / "python2"
"""Written by Python 2.7 and scikit-learn 0.19, see make.py there."""


def formula(k: int, name: str, size: tuple[int, ...]) -> torch.Tensor:
    """Tensor k of Python 2's files."""
    numbers = [math.sin(k + i / 10) for i in range(math.prod(size))]
    if name.endswith("running_var"):
        numbers = [number * number + 0.5 for number in numbers]
    return torch.tensor(numbers).reshape(size)


@pytest.mark.parametrize(("file", "count"), [("networks.pth", 36), ("posereg.pth", 2), ("posetobottle.pth", 5)])
def test_a_checkpoint_of_python_2_and_torch_0_2_is_read(file: str, count: int) -> None:
    state = read_released(PYTHON2 / file)["state_dict"]
    assert len(state) == count
    for k, (name, value) in enumerate(state.items()):
        assert torch.equal(value, formula(k, name, tuple(value.shape))), name


def test_what_else_is_in_a_checkpoint_does_not_matter() -> None:
    content = read_released(PYTHON2 / "networks.pth")
    assert content["epoch"] == 7
    assert content["optimizer"]["state"][0]["momentum_buffer"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize("form", ["0.pkl", "1.pkl", "2.pkl", "joblib", "z.joblib"])
def test_a_regression_of_python_2_and_old_scikit_learn_is_read(form: str) -> None:
    expected = np.load(PYTHON2 / "expected.npz")
    regression, scaler = (read_released(PYTHON2 / f"{name}.{form}") for name in ("regression", "scaler"))
    assert isinstance(regression, estimators.LinearRegression) and isinstance(scaler, estimators.StandardScaler)
    found = {"coef": regression.attributes["coef_"], "intercept": regression.attributes["intercept_"]}
    found |= {"mean": scaler.attributes["mean_"], "scale": scaler.attributes["scale_"]}
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


WRITERS: dict[str, Callable[[Any, Path], Any]] = {
    **{f"pickle {p}": lambda content, path, p=p: path.write_bytes(pickle.dumps(content, p)) for p in range(6)},
    **{f"joblib {p}": lambda content, path, p=p: joblib.dump(content, path, protocol=p) for p in range(6)},
    "joblib zlib": lambda content, path: joblib.dump(content, path, compress=("zlib", 3)),
    "joblib gzip": lambda content, path: joblib.dump(content, path, compress=("gzip", 3)),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", ["<f4", "<f8", ">f8"])
def test_a_regression_of_today_is_read(writer: str, kind: str, tmp_path: Path) -> None:
    fitted = LinearRegression()
    fitted.coef_, fitted.intercept_ = np.arange(6.0).reshape(3, 2).astype(kind).T, np.arange(2).astype(kind)
    WRITERS[writer](fitted, tmp_path / "r.pkl")
    found = read_released(tmp_path / "r.pkl").attributes
    assert np.array_equal(found["coef_"], fitted.coef_) and np.array_equal(found["intercept_"], fitted.intercept_)
    assert found["fit_intercept"] is True
    part = read_part(tmp_path / "r.pkl")
    assert (part.kind, part.tensors["weight"].tolist()) == ("speech regression", [[0, 2, 4], [1, 3, 5]])


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool]
)
def test_a_checkpoint_of_today_is_read(dtype: torch.dtype, zipped: bool, tmp_path: Path) -> None:
    whole = torch.arange(24).to(dtype)
    content = {"state_dict": {"a": whole.view(4, 6).T, "b": whole[5:9], "c": torch.zeros(0, dtype=dtype)}}
    content["state_dict"]["d"] = torch.nn.Parameter(torch.ones(2), requires_grad=False)
    torch.save(content, tmp_path / "c.pth", _use_new_zipfile_serialization=zipped)
    found = read_released(tmp_path / "c.pth")["state_dict"]
    assert found.keys() == content["state_dict"].keys()
    for name, value in content["state_dict"].items():
        assert found[name].dtype == value.dtype and torch.equal(found[name], value)


@pytest.mark.parametrize("zipped", [True, False])
def test_torch_s_own_safe_reader_finds_the_same(zipped: bool, tmp_path: Path) -> None:
    torch.save({"state_dict": made_up_state()}, tmp_path / "c.pth", _use_new_zipfile_serialization=zipped)
    ours, theirs = read_released(tmp_path / "c.pth"), torch.load(tmp_path / "c.pth", weights_only=True)
    assert all(torch.equal(ours["state_dict"][name], value) for name, value in theirs["state_dict"].items())


def test_parts_are_told_by_their_content(tmp_path: Path) -> None:
    reading, writing = made_up_pose()
    scaler = StandardScaler().fit(np.random.default_rng(0).normal(size=(9, 4)))
    parallel = {f"module.{name}": value for name, value in made_up_state().items()}
    for name, content in {"a": made_up_state(), "b": {"state_dict": parallel}, "c": reading, "d": writing}.items():
        torch.save(content, tmp_path / name)
    joblib.dump(scaler, tmp_path / "e")
    kinds = ["networks", "networks", "pose reading", "pose writing", "speech scaling"]
    parts = [read_part(tmp_path / name) for name in "abcde"]
    assert [part.kind for part in parts] == kinds
    assert parts[0].tensors.keys() == parts[1].tensors.keys()
    assert parts[4].tensors["mean"].numpy() == pytest.approx(scaler.mean_)
    with pytest.raises(UsageError, match=r"a and \S*b both hold the networks"):
        one_of_each(parts)


def test_a_reading_that_lies_beside_whole_networks_is_found(tmp_path: Path) -> None:
    reading, _ = made_up_pose()
    more = {name: value for name, value in made_up_state().items() if name.startswith("pix2pixSampler")}
    torch.save({"state_dict": more | reading}, tmp_path / "posereg.pth")
    assert read_part(tmp_path / "posereg.pth").kind == "pose reading"


@pytest.mark.parametrize("content", [{"weight": torch.zeros(3)}, {"epoch": 3}, [1, 2], "text", 5, None, {}])
def test_a_checkpoint_of_something_else_is_told(content: Any, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "c.pth")
    with pytest.raises(WeightsError, match=r"c\.pth: holds neither the networks, nor a pose"):
        read_part(tmp_path / "c.pth")


@pytest.mark.parametrize("fitted", [LinearRegression(), StandardScaler(), StandardScaler(with_std=False).fit([[1.0]])])
def test_a_regression_that_was_not_fitted_is_told(fitted: Any, tmp_path: Path) -> None:
    joblib.dump(fitted, tmp_path / "r.pkl")
    with pytest.raises(WeightsError, match="not fitted"):
        read_part(tmp_path / "r.pkl")


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04", b"ZF0x10", b"\x89PNG\r\n\x1a\n" * 9, b"weights, honestly\n" * 9, b"x\x9c12"]
)
def test_a_wrong_file_is_told_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "c.pth").write_bytes(content)
    with pytest.raises(WeightsError, match=r"^[^\n]*c\.pth: cut short, or no file of torch's or scikit-learn's[^\n]*$"):
        read_part(tmp_path / "c.pth")


@pytest.mark.parametrize("file", ["networks.pth", "regression.2.pkl", "scaler.joblib", "regression.z.joblib"])
def test_a_file_cut_short_anywhere_is_told(file: str, tmp_path: Path) -> None:
    content, path = (PYTHON2 / file).read_bytes(), tmp_path / file
    for kept in {1, 2, 14, 15, 16, 40, *range(100, len(content) - 1, max(1, len(content) // 40)), len(content) - 1}:
        path.write_bytes(content[:kept])
        with pytest.raises(WeightsError, match=r"^[^\n]*$"):
            read_part(path)


def test_an_archive_cut_short_anywhere_is_told(tmp_path: Path) -> None:
    path = tmp_path / "c.pth"
    torch.save({"state_dict": made_up_pose()[0]}, path)
    content = path.read_bytes()
    for kept in range(1, len(content), 97):
        path.write_bytes(content[:kept])
        with pytest.raises(WeightsError, match=r"^[^\n]*$"):
            read_part(path)


def test_a_flipped_bit_in_an_archive_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "c.pth"
    torch.save({"state_dict": made_up_pose()[0]}, path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="CRC"):
        read_part(path)


@pytest.mark.parametrize(
    ("name", "says"), [("none.pth", "there is no such file"), ("folder", "is a folder"), ("empty.pth", "is empty")]
)
def test_a_file_that_is_not_there_is_missing(name: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.pth").touch()
    with pytest.raises(InputError, match=f"{name}: {says}"):
        read_part(tmp_path / name)

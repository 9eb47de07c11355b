"""`x2face convert`: what it says, where it ends, and that a run drives with what it wrote."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.linear_model import LinearRegression

from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.sound import has_sound
from x2face_core.pixels import to_tensor

from ..released import made_up_pose, made_up_state, released_frames, released_pose, released_speech
from .conftest import Result

SIDE = 32


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def regression() -> LinearRegression:
    fitted, random = LinearRegression(), np.random.default_rng(0)
    fitted.coef_ = (0.1 * random.standard_normal((128, 256))).astype(np.float32)
    fitted.intercept_ = random.standard_normal(128).astype(np.float32)
    return fitted


@pytest.fixture
def files(tmp_path: Path, regression: LinearRegression) -> list[str]:
    """The networks, both halves of the pose, and the regression."""
    reading, writing = made_up_pose()
    contents = {"x2face_model.pth": made_up_state(), "posereg.pth": reading, "posetobottle.pth": writing}
    for name, state in contents.items():
        torch.save({"state_dict": state}, tmp_path / name, _use_new_zipfile_serialization=False)
    joblib.dump(regression, tmp_path / "linearregression_scaledTrue_7000.pkl")
    return [str(tmp_path / name) for name in (*contents, "linearregression_scaledTrue_7000.pkl")]


@pytest.fixture
def bundle(x2face: Callable[..., Result], files: list[str], tmp_path: Path) -> Path:
    result = x2face("convert", *files, "-o", str(tmp_path / "b.safetensors"))
    assert (result.code, result.out) == (0, f"{tmp_path / 'b.safetensors'}\n"), result.err
    return tmp_path / "b.safetensors"


@pytest.fixture
def drive(x2face: Callable[..., Result], bundle: Path, tmp_path: Path) -> Callable[..., torch.Tensor]:
    """drive(sources, options) makes a film of pictures and answers with them (n, 3, side, side)."""

    def run(sources: list[Path], *options: str) -> torch.Tensor:
        out = tmp_path / "frames"
        given = [word for source in sources for word in ("-s", str(source))]
        result = x2face("run", *given, "--crop", "none", "--size", str(SIDE), *options, "--weights", str(bundle),
                      "--dtype", "fp32", "-o", f"{out}/", "--overwrite")  # fmt: skip
        assert result.code == 0, result.err
        return to_tensor(read_picture(path) for path in sorted(out.iterdir()))

    return run


@pytest.fixture
def faces(tmp_path: Path) -> list[Path]:
    """Three pictures of the networks' size."""
    random = np.random.default_rng(1)
    paths = [tmp_path / f"{k}.png" for k in range(3)]
    for path in paths:
        write_picture(path, random.integers(0, 255, (SIDE, SIDE, 3), np.uint8))
    return paths


def pictures(paths: list[Path]) -> list[torch.Tensor]:
    return [to_tensor([read_picture(path)]) for path in paths]


def near(found: torch.Tensor, expected: torch.Tensor) -> bool:
    """Within the rounding of pictures of 8 bits."""
    return found.shape == expected.shape and float((found - expected.clamp(0, 1)).abs().max()) <= 0.5 / 255 + 1e-4


def test_a_run_drives_by_a_frame_as_released(drive: Callable[..., torch.Tensor], faces: list[Path]) -> None:
    *sources, driving = pictures(faces)
    found = drive(faces[:2], "--frame", str(faces[2]), "--frame-crop", "none", "--frame-absolute")
    assert near(found[:1], released_frames(made_up_state(), sources, driving))


def test_a_run_drives_by_angles_as_released(drive: Callable[..., torch.Tensor], faces: list[Path]) -> None:
    (source,) = pictures(faces[:1])
    angles = ("--driver", "pose", "--pose-roll", "10", "--pose-pitch=-20", "--pose-yaw", "30", "--pose-absolute")
    found = drive(faces[:1], *angles, "--pose-seconds", "0.04")
    change = released_pose(*made_up_pose(), torch.tensor([10.0, -20.0, 30.0]).deg2rad())
    assert near(found, released_frames(made_up_state(), [source], source, change))


@pytest.mark.parametrize("form", ["npz", "npy", "folder"])
def test_a_run_drives_by_feature_files_as_released(
    form: str, drive: Callable[..., torch.Tensor], faces: list[Path], tmp_path: Path, regression: LinearRegression
) -> None:
    (source,), random = pictures(faces[:1]), np.random.default_rng(2)
    features, own = random.gamma(1, 1, (3, 256)).astype(np.float32), random.gamma(1, 1, 256).astype(np.float32)
    (tmp_path / "features").mkdir()
    for k, row in enumerate(features):
        np.savez(tmp_path / "features" / f"{25 * k:07}.npz", audio_feat=row)
    np.savez(tmp_path / "f.npz", audio_feat=features)
    np.save(tmp_path / "f.npy", features)
    np.savez(tmp_path / "own.npz", audio_feat=own)
    path = tmp_path / ("features" if form == "folder" else f"f.{form}")
    found = drive(faces[:1], "--audio", str(path), "--audio-rest", str(tmp_path / "own.npz"))
    numbers = torch.from_numpy(regression.coef_), torch.from_numpy(regression.intercept_)
    changes = [
        released_speech(*made_up_pose(), numbers, torch.from_numpy(row), torch.from_numpy(own)) for row in features
    ]
    assert near(found, torch.cat([released_frames(made_up_state(), [source], source, change) for change in changes]))


def test_weights_info_says_what_is_in_it(x2face: Callable[..., Result], bundle: Path) -> None:
    about = json.loads(x2face("weights", "info", str(bundle), "--json").out)
    assert about["mappings"] == ["audio_features", "pose"]
    assert about["recipe"] == {"name": "released", "file": "x2face_model.pth"}
    assert "mappings: ['audio_features', 'pose']" in x2face("weights", "info", str(bundle)).out
    assert x2face("weights", "verify", str(bundle)).code == 0


def test_json_tells_of_the_weights(x2face: Callable[..., Result], files: list[str], tmp_path: Path) -> None:
    result = x2face("convert", *files[:1], "-o", str(tmp_path / "c.safetensors"), "--json")
    about = json.loads(result.out)
    assert (about["output"], about["mappings"]) == (str(tmp_path / "c.safetensors"), [])


def test_a_folder_is_converted(x2face: Callable[..., Result], files: list[str], bundle: Path, tmp_path: Path) -> None:
    result = x2face("convert", "--from-github-layout", str(tmp_path), "-o", str(tmp_path / "d.safetensors"))
    assert result.code == 0
    assert result.err == "d: networks, audio_features, pose\n"
    with safe_open(bundle, "pt") as one, safe_open(tmp_path / "d.safetensors", "pt") as other:
        names = one.keys()
        assert all(torch.equal(one.get_tensor(name), other.get_tensor(name)) for name in names)


def test_an_existing_output_stays(x2face: Callable[..., Result], files: list[str], bundle: Path) -> None:
    before = bundle.read_bytes()
    assert one_line(x2face("convert", files[0], "-o", str(bundle))) == 2
    assert bundle.read_bytes() == before
    assert x2face("convert", files[0], "-o", str(bundle), "--overwrite").code == 0
    assert bundle.read_bytes() != before


def test_a_released_file_of_the_folder_is_not_replaced(
    x2face: Callable[..., Result], files: list[str], tmp_path: Path
) -> None:
    output = tmp_path / "b.safetensors"
    output.hardlink_to(files[0])
    result = x2face("convert", "--from-github-layout", str(tmp_path), "-o", str(output), "--overwrite")
    assert one_line(result) == 2 and "is one of the files that this run reads" in result.err
    assert output.samefile(files[0])


def one_line(result: Result) -> int:
    """The exit code, where stderr is one line of an error and stdout is empty."""
    assert result.out == "" and result.err.startswith("x2face: error: ") and result.err.count("\n") == 1, result
    return result.code


class Shell:
    def __reduce__(self) -> Any:
        return os.system, ("touch ran",)


def spoil(path: Path, how: str) -> None:
    if how == "missing":
        path.unlink()
    elif how == "cut short":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif how == "a picture":
        write_picture(path.with_suffix(".png"), np.zeros((8, 8, 3), np.uint8))
        path.with_suffix(".png").replace(path)
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.write_bytes(pickle.dumps({"state_dict": Shell()}))


@pytest.mark.parametrize(
    ("how", "code"), [("missing", 3), ("empty", 3), ("cut short", 5), ("a picture", 5), ("malicious", 5)]
)
@pytest.mark.parametrize("which", range(4))
def test_a_bad_file_is_one_line_and_leaves_nothing(
    which: int, how: str, code: int, x2face: Callable[..., Result], files: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    spoil(Path(files[which]), how)
    before = sorted(tmp_path.iterdir())
    result = x2face("convert", *files, "-o", "new/b.safetensors")
    assert one_line(result) == code
    assert Path(files[which]).name in result.err
    assert how != "malicious" or f"{os.system.__module__}.system" in result.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("-o", "b.safetensors"), 2),
        (("x.pth",), 2),
        (("x.pth", "--from-github-layout", ".", "-o", "b.safetensors"), 2),
        (("x.pth", "-o", "b.pth"), 2),
        (("x.pth", "-o", "folder/"), 2),
        (("--from-github-layout", "none", "-o", "b.safetensors"), 3),
        (("--from-github-layout", ".", "-o", "b.safetensors"), 3),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: tuple[str, ...],
    code: int,
    x2face: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert one_line(x2face("convert", *arguments)) == code
    assert not [*tmp_path.iterdir()]


def without(bundle: Path, name: str) -> None:
    """Take a tensor out of a file, and leave all else."""
    with safe_open(bundle, "pt") as file:
        names = file.keys()
        kept = {key: file.get_tensor(key) for key in names if key != name}
        metadata = file.metadata()
    save_file(kept, bundle, metadata)


@pytest.mark.parametrize(
    "name",
    [
        "driving.decoder.blocks.0.conv.weight",
        "embedding.encoder.blocks.1.norm.weight",
        "mappings.x2face.pose.read.bias",
    ],
)
def test_a_bundle_with_a_tensor_missing_is_one_line(
    name: str, x2face: Callable[..., Result], bundle: Path, faces: list[Path], tmp_path: Path
) -> None:
    without(bundle, name)
    result = x2face("run", "-s", str(faces[0]), "--crop", "none", "--size", str(SIDE), "--driver", "pose", "--pose-yaw",
                  "9", "--weights", str(bundle), "-o", str(tmp_path / "o.mp4"))  # fmt: skip
    assert one_line(result) == 5
    assert "b.safetensors: its tensors have sha256" in result.err
    assert not (tmp_path / "o.mp4").exists()
    assert one_line(x2face("weights", "verify", str(bundle))) == 5


def test_a_bundle_cut_short_is_one_line(
    x2face: Callable[..., Result], bundle: Path, faces: list[Path], tmp_path: Path
) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-100])
    result = x2face("run", "-s", str(faces[0]), "--frame", str(faces[1]), "--weights", str(bundle), "-o",
                  str(tmp_path / "o.mp4"))  # fmt: skip
    assert one_line(result) == 5


def test_sound_needs_a_mapping_that_the_bundle_does_not_have(
    x2face: Callable[..., Result], bundle: Path, faces: list[Path], tmp_path: Path
) -> None:
    from ..speaking import hum, write_wav

    wav = write_wav(tmp_path / "s.wav", hum(np.ones(10)))
    assert has_sound(wav)
    result = x2face("run", "-s", str(faces[0]), "--crop", "none", "--size", str(SIDE), "--audio", str(wav), "--weights",
                  str(bundle), "-o", str(tmp_path / "o.mp4"))  # fmt: skip
    assert one_line(result) == 5
    assert "`x2face fit audio --data DIR" in result.err


def test_asking_for_help_imports_nothing_heavy() -> None:
    code = "import sys; from x2face_cli.app import main; main(['convert', '--help']); print('torch' in sys.modules)"
    report = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert report.stdout.splitlines()[-1] == "False"

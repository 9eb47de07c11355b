"""Data folders of strangers: what cannot be is named with its file and row, and nothing leads out of the folder."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.data.checks import path_inside, read_arrays
from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import decode
from x2face_core.errors import InputError

ROW = {"clip": "a.mp4", "identity": "p", "seconds": "1", "frames": "25", "yaw_range": "3", "split": "train"}


@pytest.mark.parametrize(
    "name", ["../a.mp4", "b/../../a.mp4", "/etc/passwd", "", " ", "C:\\a.mp4", "..\\a.mp4", "\\\\host\\a.mp4", "a\0b"]
)
def test_names_lead_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="clips.csv, line 2: .* a path below it is needed"):
        path_inside(tmp_path, name, "clips.csv, line 2")


def test_names_below_the_folder_are_files_of_it(tmp_path: Path) -> None:
    for name in ("a.mp4", "id/video/00..1.mp4", "ä ö/b.mp4"):
        assert path_inside(tmp_path, name, "") == tmp_path / name


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"clip": "../../a.mp4"}, "line 2: '../../a.mp4' is no file in"),
        ({"frames": "0"}, "line 2: frames is 0; it may be from 1 to 999999"),
        ({"frames": "1000000000"}, "line 2: frames is 1000000000"),
        ({"seconds": "nan"}, "line 2: seconds is nan"),
        ({"seconds": "1e300"}, "line 2: seconds is 1e300"),
        ({"seconds": "-1"}, "line 2: seconds is -1"),
        ({"yaw_range": "inf"}, "line 2: yaw_range is inf"),
    ],
)
def test_a_row_that_cannot_be_is_named(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    row = ROW | changed
    (tmp_path / "clips.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    with pytest.raises(InputError) as refused:
        FaceFolder(tmp_path)
    assert message in str(refused.value) and "clips.csv" in str(refused.value)


def test_a_byte_order_mark_is_no_letter_of_the_header(tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_text(f"\ufeff{','.join(ROW)}\n{','.join(ROW.values())}\n", encoding="utf-8")
    assert FaceFolder(tmp_path).clips[0].path == tmp_path / "clips" / "a.mp4"


@pytest.fixture
def labelled(face_folder: Path, tmp_path: Path) -> Path:
    """A folder with the drawn people's table and labels, to be spoiled."""
    for name in ("clips.csv", "labels.npz"):
        shutil.copy(face_folder / name, tmp_path / name)
    return tmp_path


def spoil(folder: Path, **arrays: Any) -> None:
    with np.load(folder / "labels.npz") as data:
        whole = {name: data[name] for name in data}
    for name, change in arrays.items():
        whole[name] = change(whole[name].copy())
    np.savez(folder / "labels.npz", **whole)


def with_row(row: int, value: Any) -> Any:
    def change(array: np.ndarray) -> np.ndarray:
        array[row] = value
        return array

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pose": lambda a: a[:-1]}, "pose has the shape (143, 3)"),
        ({"pose": lambda a: a[:, :2]}, "pose has the shape (144, 2); (144, 3) is needed"),
        ({"pose": with_row(5, np.nan)}, "row 5 of pose has a number that is not finite"),
        ({"pose": with_row(7, 1e30)}, "row 7 of pose has a number that is not finite, or beyond 1000"),
        ({"pose": lambda a: a.astype("U8")}, "pose holds <U8; numbers are needed"),
        ({"mouth_open": with_row(3, np.inf)}, "row 3 of mouth_open"),
        ({"landmarks": lambda a: a[:, :5]}, "landmarks has the shape (72, 5, 3)"),
        ({"landmarks": lambda a: a[:-1]}, "landmarks has the shape (71, 68, 3)"),
        ({"frame": with_row(4, 12)}, "row 4 of clip and frame is frame 12 of clip 0; there is none"),
        ({"frame": with_row(4, -1)}, "row 4 of clip and frame is frame -1"),
        ({"clip": with_row(0, 99)}, "is frame 0 of clip 99; there is none"),
        ({"clip": lambda a: a.astype(float)}, "whole numbers are needed"),
        ({"landmark_ref": with_row(2, (0, 500))}, "row 2 of landmark_ref is frame 500 of clip 0"),
        ({"landmark_ref": lambda a: a[:, :1]}, "(72, 1); (n,), (n,), (m, 2) are needed"),
        ({"clip": lambda a: a[:0], "frame": lambda a: a[:0]}, "pose has the shape"),
        ({"clip": lambda a: a[1:], "frame": lambda a: a[1:], "pose": lambda a: a[1:]}, "mouth_open has the shape"),
    ],
)
def test_labels_that_cannot_be_are_named(labelled: Path, change: dict[str, Any], message: str) -> None:
    assert FaceFolder(labelled).labels.pose.shape == (144, 3)
    spoil(labelled, **change)
    with pytest.raises(InputError) as refused:
        _ = FaceFolder(labelled).labels
    assert message in str(refused.value) and "labels.npz" in str(refused.value)


def test_labels_may_do_without_landmarks(labelled: Path) -> None:
    spoil(labelled, landmark_ref=lambda a: a[:0], landmarks=lambda a: a[:0])
    assert FaceFolder(labelled).labels.landmarks.shape == (0, 68, 3)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "labels.npz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("pose.npy", bytes(2**27))
    with pytest.raises(InputError, match=r"labels\.npz: cannot be read \(it would unpack to 0\.1 GB\)"):
        read_arrays(tmp_path / "labels.npz")


def test_an_array_that_promises_more_than_there_is_is_one_error(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }".ljust(117) + b"\n"
    with zipfile.ZipFile(tmp_path / "labels.npz", "w") as packed:
        packed.writestr("pose.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(InputError, match=r"labels\.npz: cannot be read"):
        read_arrays(tmp_path / "labels.npz")


@pytest.mark.parametrize("content", [b"", b"labels", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_of_arrays_is_one_error(labelled: Path, content: bytes) -> None:
    (labelled / "labels.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"labels\.npz"):
        _ = FaceFolder(labelled).labels


def test_pickles_are_not_opened(tmp_path: Path) -> None:
    np.savez(tmp_path / "labels.npz", pose=np.array([{"a": 1}], dtype=object))
    with pytest.raises(InputError, match=r"labels\.npz: cannot be read"):
        read_arrays(tmp_path / "labels.npz")


def test_a_clip_without_a_picture_is_named(tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "a.mp4"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(bytes(3200))
    with pytest.raises(InputError, match=r"a\.mp4: holds no picture"):
        decode(tmp_path / "a.mp4", np.arange(3), 32)

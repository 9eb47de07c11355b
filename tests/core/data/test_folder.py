"""Reading a folder of face tracks, and saying what is wrong with one."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError

HEADER = "clip,identity,source,seconds,frames,sound,crop_pixels,yaw_range,split\n"


def tabled(folder: Path, text: str | bytes) -> Path:
    (folder / "clips.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def test_a_row_becomes_a_clip(tmp_path: Path) -> None:
    row = "a/b.mp4,p007,somewhere,1.64,41,sync,545,1.7,val\n"
    (clip,) = FaceFolder(tabled(tmp_path, HEADER + row)).clips
    assert clip.path == tmp_path / "clips" / "a" / "b.mp4"
    assert (clip.row, clip.identity, clip.frames, clip.seconds, clip.split) == (0, "p007", 41, 1.64, "val")
    assert (clip.sound, clip.yaw_range, clip.source) == (True, 1.7, "somewhere")


def test_a_table_needs_only_what_training_uses(tmp_path: Path) -> None:
    table = "clip,identity,frames,seconds,split\na.mp4,p,10,0.4,train\n"
    (clip,) = FaceFolder(tabled(tmp_path, table)).clips
    assert (clip.sound, clip.yaw_range, clip.source) == (False, 0.0, "")


def test_clips_are_split_by_people(face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    people = [{clip.identity for clip in folder.of_split(split)} for split in ("train", "val", "test")]
    assert people == [{"p0", "p1", "p2", "p3"}, {"p4"}, {"p5"}]
    assert [clip.row for clip in folder.of_split("val")] == [8, 9]


def test_labels_are_what_was_drawn(face_folder: Path) -> None:
    labels = FaceFolder(face_folder).labels
    assert labels.pose.shape == (144, 3)
    assert labels.expression.shape == (144, 4)
    assert labels.landmarks.shape == (72, 68, 3)
    chosen = labels.rows_of(np.array([3, 0]), np.array([7, 1]))
    assert chosen.tolist() == [3 * 12 + 7, 1]


def test_a_frame_without_label_has_no_row(face_folder: Path) -> None:
    labels = FaceFolder(face_folder).labels
    assert labels.rows_of(np.array([0, 0, 99]), np.array([11, 12, 0])).tolist() == [11, -1, -1]


def test_labels_may_stand_in_any_order(face_folder: Path) -> None:
    labels = FaceFolder(face_folder).labels
    backwards = type(labels)(**{name: value[::-1] for name, value in vars(labels).items() if value is not None})
    assert backwards.rows_of(np.array([0, 2]), np.array([0, 5])).tolist() == [143, 143 - 29]


@pytest.mark.parametrize(
    ("table", "named"),
    [
        (HEADER, "lists no clips"),
        ("", "lists no clips"),
        (HEADER + "a.mp4,p,s,1,10,none,64,0,training\n", "line 2: split is 'training'; it must be train, val or test"),
        (HEADER + "a.mp4,p,s,1,10,none,64,0,val\nb.mp4,p,s,1,ten,none,64,0,val\n", "line 3: cannot be read .*ten"),
        ("clip,identity\na.mp4,p\n", "line 2: cannot be read"),
        ("split,clip,identity,frames,seconds\ntrain,a.mp4,p\n", "line 2: cannot be read"),
        (b"clip,split\n\xff\xfe,train\n", "clips.csv: cannot be read"),
    ],
)
def test_a_bad_table_is_named_with_its_line(tmp_path: Path, table: str | bytes, named: str) -> None:
    with pytest.raises(InputError, match=named):
        FaceFolder(tabled(tmp_path, table))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder.*x2face prepare"):
        FaceFolder(tmp_path / "nowhere")


def test_a_folder_without_a_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no clips.csv.*x2face prepare"):
        FaceFolder(tmp_path)


def test_missing_labels_say_what_writes_them_and_what_needs_none(tmp_path: Path) -> None:
    folder = FaceFolder(tabled(tmp_path, HEADER + "a.mp4,p,s,1,10,none,64,0,train\n"))
    with pytest.raises(InputError, match="prepare --landmarks.*photometric"):
        _ = folder.labels


@pytest.mark.parametrize("broken", ["text", "cut", "wanting"])
def test_broken_labels_are_named(face_folder: Path, tmp_path: Path, broken: str) -> None:
    folder = FaceFolder(tabled(tmp_path, (face_folder / "clips.csv").read_bytes()))
    file = tmp_path / "labels.npz"
    if broken == "wanting":
        np.savez(file, clip=np.zeros(3, np.int32))
    else:
        file.write_bytes(b"labels" if broken == "text" else (face_folder / "labels.npz").read_bytes()[:500])
    with pytest.raises(InputError, match=re.escape(str(file))):
        _ = folder.labels

"""Photographs beside the clips of a folder, and what their labels say."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import load_bank
from x2face_core.data.measures import mirrored_scores
from x2face_core.data.tables import EXPRESSIONS
from x2face_core.errors import InputError

NAMES = ("jawOpen", "mouthSmileLeft", "mouthSmileRight")
COUNTS = {"a": 4, "b": 1}  # photographs of either source


def add_stills(folder: Path, labels: int | None = 5, split: str = "train") -> None:
    """Five photographs of two sources, grey 40, 60, 80, …; labels: rows of pictures.npz, None for no file"""
    rows = []
    for number, source in enumerate(name for name, count in COUNTS.items() for _ in range(count)):
        file = folder / "pictures" / source / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 64), (40 + 20 * number,) * 3).save(file)
        rows.append((f"{source}/{number}.png", source, f"person{number}", split, 0.25))
    with (folder / "pictures.csv").open("w", newline="") as lines:
        csv.writer(lines).writerows([("file", "source", "identity", "split", "over"), *rows])
    if labels is not None:
        np.savez(
            folder / "pictures.npz",
            pose=np.full((labels, 3), 7, np.float32),
            landmarks=np.full((labels, 68, 3), 0.5, np.float16),
            gaze=np.full((labels, 2), 0.125, np.float16),
            blend=np.full((labels, 3), 255, np.uint8),
            **{name: np.full(labels, 0.25, np.float16) for name in EXPRESSIONS},
        )


@pytest.fixture
def tracks(face_folder: Path, tmp_path: Path) -> Path:
    """The drawn tracks, with gaze and blendshape scores, and photographs beside them."""
    folder = tmp_path / "tracks"
    shutil.copytree(face_folder, folder)
    with np.load(folder / "labels.npz") as data:
        arrays = dict(data)
    count = len(arrays["clip"])
    scores = np.arange(count * 3).reshape(count, 3) % 256
    arrays |= {"gaze": np.zeros((count, 2), np.float16), "blend": scores.astype(np.uint8)}
    arrays["blend_names"] = np.array(NAMES)
    np.savez(folder / "labels.npz", **arrays)
    add_stills(folder)
    return folder


def test_a_folder_without_photographs_has_none(face_folder: Path) -> None:
    assert FaceFolder(face_folder).stills is None


def test_photographs_and_their_labels_are_read(tracks: Path) -> None:
    stills = FaceFolder(tracks).stills
    assert stills is not None and stills.labels is not None
    first = stills.pictures[0]
    assert (first.identity, first.source, first.split, first.over) == ("person0", "a", "train", 0.25)
    assert first.path.is_file() and len(stills.of_split("train")) == 5 and not stills.of_split("val")
    assert stills.labels.blend is not None and (stills.labels.blend == 1).all()  # 255 of uint8


def test_photographs_take_their_share_of_the_draws_and_sources_the_root_of_their_number(tracks: Path) -> None:
    bank = load_bank(FaceFolder(tracks), "train", 32, stills=0.25)
    alone = bank.clip < 0
    assert alone.sum() == 5 and float(bank.weight[alone].sum()) == pytest.approx(0.25)
    four, one = bank.weight[alone][:4].sum(), bank.weight[alone][4]
    assert float(four / one) == pytest.approx(2)  # the root of 4 to 1
    assert (bank.pictures[alone][2] == 80).all()
    assert torch.equal(bank.first[alone], alone.nonzero()[:, 0]) and (bank.count[alone] == 1).all()
    assert bank.landmarks is not None and bank.gaze is not None and bank.blend is not None
    assert (bank.gaze[alone] == 0.125).all() and len(bank.landmarks) == len(bank.pictures) == len(bank.blend)


def test_without_a_share_photographs_stay_out(tracks: Path) -> None:
    assert (load_bank(FaceFolder(tracks), "train", 32).clip >= 0).all()


def test_irises_lie_where_the_gaze_says(tracks: Path) -> None:
    """Frames look straight ahead: irises in the middle of their corners, by the drawn faces' own landmarks."""
    bank = load_bank(FaceFolder(tracks), "train", 32)
    assert bank.landmarks is not None
    for iris, corners in ((71, (36, 39)), (72, (42, 45))):
        torch.testing.assert_close(bank.landmarks[:, iris], bank.landmarks[:, corners].mean(1))


def test_scores_change_sides_in_a_mirror() -> None:
    assert mirrored_scores(NAMES).tolist() == [0, 2, 1]


def test_labels_of_another_number_than_the_photographs_are_refused(tracks: Path) -> None:
    add_stills(tracks, labels=4)
    with pytest.raises(InputError, match=r"pictures.npz: has 4 rows; expected 5"):
        _ = FaceFolder(tracks).stills


def test_a_broken_label_file_is_refused(tracks: Path) -> None:
    (tracks / "pictures.npz").write_bytes(b"no zip")
    with pytest.raises(InputError, match=r"pictures.npz: cannot be read"):
        _ = FaceFolder(tracks).stills


def test_photographs_without_labels_do_not_train(tracks: Path) -> None:
    (tracks / "pictures.npz").unlink()
    assert (load_bank(FaceFolder(tracks), "train", 32, stills=0.5).clip >= 0).all()


def test_an_odd_split_is_refused(tracks: Path) -> None:
    add_stills(tracks, split="dev")
    with pytest.raises(InputError, match=r"pictures.csv, line 2: split is 'dev'"):
        _ = FaceFolder(tracks).stills

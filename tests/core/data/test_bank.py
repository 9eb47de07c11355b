"""Frames decoded into memory: the right ones, beside their own labels, drawn as often as they should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.tracks import draw, landmarks, look_of, write_film, write_table
from x2face_core.data.bank import Bank
from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import clip_weights, decode, load_bank
from x2face_core.errors import InputError


@pytest.fixture(scope="module")
def folder(face_folder: Path) -> FaceFolder:
    return FaceFolder(face_folder)


@pytest.fixture(scope="module")
def bank(folder: FaceFolder) -> Bank:
    return load_bank(folder, "train", 64)


@pytest.fixture
def greys(tmp_path: Path) -> Path:
    """A film whose frame k is of grey 20 k."""
    write_film(tmp_path / "greys.mp4", [np.full((64, 64, 3), 20 * k, np.uint8) for k in range(12)])
    return tmp_path / "greys.mp4"


def test_the_wanted_frames_are_decoded_and_no_others(greys: Path) -> None:
    frames = decode(greys, np.array([0, 3, 4, 11]), 32)
    assert frames.shape == (4, 32, 32, 3)
    np.testing.assert_allclose(frames.mean((1, 2, 3)), [0, 60, 80, 220], atol=3)


def test_a_film_that_ends_early_gives_what_it_has(greys: Path) -> None:
    assert len(decode(greys, np.array([10, 11, 12, 13]), 32)) == 2
    assert decode(greys, np.array([40]), 32).shape == (0, 32, 32, 3)


def test_a_film_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"no film")
    for name in ("clip.mp4", "missing.mp4"):
        with pytest.raises(InputError, match=name):
            decode(tmp_path / name, np.array([0]), 32)


def test_a_bank_holds_the_frames_that_have_landmarks(bank: Bank) -> None:
    assert len(bank) == 4 * 2 * 6
    assert bank.pictures.shape == (48, 64, 64, 3)
    assert bank.frame.tolist() == [0, 2, 4, 6, 8, 10] * 8
    assert bank.clip.tolist() == sorted([*range(8)] * 6)
    assert (bank.first[13], bank.count[13]) == (12, 6)


def test_pictures_and_labels_of_a_row_belong_together(bank: Bank) -> None:
    assert bank.landmarks is not None and bank.pose is not None
    for row in (0, 20, 47):
        clip, frame = int(bank.clip[row]), int(bank.frame[row])
        look, person = look_of(clip // 2, clip % 2, frame), clip // 2
        drawn = torch.from_numpy(draw(look, person).astype(np.float32))
        assert (bank.pictures[row].float() - drawn).abs().mean() < 3
        torch.testing.assert_close(bank.pose[row], torch.tensor(look.pose, dtype=torch.float32))
        expected = torch.from_numpy(landmarks(look, person)[:, :2] * 2 - 1).float()
        torch.testing.assert_close(bank.landmarks[row, :68, :2], expected, atol=2e-3, rtol=0)


def test_other_splits_keep_their_own_labels(folder: FaceFolder) -> None:
    bank = load_bank(folder, "val", 32)
    assert bank.pose is not None
    assert set(bank.clip.tolist()) == {8, 9}
    torch.testing.assert_close(bank.pose[7], torch.tensor(look_of(4, 1, 2).pose, dtype=torch.float32))


def test_expressions_are_standardised(folder: FaceFolder, bank: Bank) -> None:
    assert bank.expression is not None
    assert bank.expression.quantile(0.5, dim=0).abs().max() < 1e-5
    torch.testing.assert_close(bank.expression.std(0), torch.ones(4), atol=0.05, rtol=0)


def test_open_mouths_and_shut_eyes_are_drawn_more_in_proportion(bank: Bank) -> None:
    def interest(row: int) -> float:
        clip = int(bank.clip[row])
        look = look_of(clip // 2, clip % 2, int(bank.frame[row]))
        shut = max(0.0, 0.25 - (look.eye_left + look.eye_right) / 2) / 0.25
        return look.mouth_open + 0.02 + 0.12 * shut

    expected = interest(1) / interest(3)
    assert expected != pytest.approx(1, abs=0.1)
    assert float(bank.weight[1] / bank.weight[3]) == pytest.approx(expected, rel=0.01)


def test_people_and_their_clips_are_drawn_equally_where_they_are_alike(bank: Bank) -> None:
    of_clips = torch.zeros(8, dtype=torch.float64).index_add(0, bank.clip, bank.weight)
    torch.testing.assert_close(of_clips, torch.full((8,), 1 / 8, dtype=torch.float64))


def test_a_person_of_many_clips_does_not_become_the_whole_world(folder: FaceFolder) -> None:
    one, other = folder.clips[0], replace(folder.clips[2], identity="many")
    weights = clip_weights([one] + [other] * 100, [150] + [150] * 100)
    assert weights[1:].sum() == pytest.approx(weights[0])


def test_moving_clips_are_drawn_more(folder: FaceFolder) -> None:
    still, moving = (replace(folder.clips[0], yaw_range=degrees) for degrees in (0.0, 10.0))
    weights = clip_weights([still, moving], [50, 50])
    assert weights[1] == pytest.approx(2 * weights[0])


def test_without_labels_every_nth_frame_is_taken(folder: FaceFolder) -> None:
    bank = load_bank(folder, "val", 32, every=5, labels=False)
    assert bank.frame.tolist() == [0, 5, 10, 0, 5, 10]
    assert (bank.landmarks, bank.pose, bank.expression) == (None, None, None)
    torch.testing.assert_close(bank.weight, torch.full((6,), 1 / 6, dtype=torch.float64))


def test_floats_are_pictures_from_zero_to_one(bank: Bank) -> None:
    rows = torch.tensor([5, 2])
    pictures = bank.floats(rows)
    assert pictures.shape == (2, 3, 64, 64)
    assert torch.equal((pictures * 255).round().byte().permute(0, 2, 3, 1), bank.pictures[rows])


def test_progress_counts_every_clip(folder: FaceFolder) -> None:
    calls: list[tuple[int, int]] = []
    load_bank(folder, "val", 32, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]


def test_clips_without_two_frames_cannot_be_paired(folder: FaceFolder) -> None:
    with pytest.raises(InputError, match="no clip of the split 'train' has two frames"):
        load_bank(folder, "train", 32, every=25, labels=False)


def test_a_split_without_clips_is_told(tmp_path: Path) -> None:
    row = {"clip": "a.mp4", "identity": "p", "seconds": 1, "frames": 25, "split": "train"}
    write_table(tmp_path, [row])
    with pytest.raises(InputError, match="no clip in the split 'val'"):
        load_bank(FaceFolder(tmp_path), "val", 32)

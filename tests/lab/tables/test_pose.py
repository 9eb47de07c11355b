"""Table 2: the linear map, the supervised network, and pictures with poses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError
from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_lab.tables.pose import table_2
from x2face_lab.tables.pose_network import predicted, train_pose_network
from x2face_lab.tables.pose_sets import PoseSet, pictures_sets, tracks_set
from x2face_pose.fitting import least_absolute

from ...tiny_weights import save_tiny
from ...tracks import Look, draw


def posed(count: int, seed: int) -> PoseSet:
    """Drawn faces of six people at random poses."""
    rng = np.random.default_rng(seed)
    poses = rng.uniform((-12, -12, -25), (12, 12, 25), (count, 3))
    pictures = [draw(Look(pose=tuple(pose)), number % 6) for number, pose in enumerate(poses)]
    return PoseSet(np.stack(pictures), poses, [f"p{number % 6}" for number in range(count)])


def test_the_supervised_network_learns_the_pose_of_drawn_heads() -> None:
    known, test = posed(160, seed=1), posed(40, seed=2)
    network = train_pose_network(known, steps=50)
    error = np.abs(predicted(network, test.pictures) - test.pose).mean(axis=0)
    guess = np.abs(np.median(known.pose, axis=0) - test.pose).mean(axis=0)
    assert (error < 0.6 * guess)[[0, 2]].all(), (error, guess)  # roll and yaw are soon seen
    again = train_pose_network(known, steps=2), train_pose_network(known, steps=2)
    assert np.array_equal(*(predicted(one, test.pictures) for one in again))


def test_the_table_has_mae_by_picture_and_by_person_and_the_papers_rows(tmp_path: Path) -> None:
    known, test = posed(60, seed=1), posed(18, seed=2)
    test = PoseSet(test.pictures, test.pose, ["a"] * 15 + ["b"] * 3)
    model = X2Face.load(save_tiny(tmp_path, "tiny", moving=0.1))
    found = table_2(model, known, test, steps=3)
    assert (found["pictures"], found["people"], found["learned_from"]) == (18, 2, 60)
    linear, supervised, median = found["rows"]
    assert (linear["method"], median["method"]) == ("tiny, linear from the driving vector", "always the median pose")
    assert supervised["method"].startswith("supervised network, ")
    vectors, others = (model.encode(to_tensor(faces.pictures)).double() for faces in (known, test))
    weight, bias = least_absolute(vectors, torch.from_numpy(known.pose))
    missed = (others @ weight.T + bias - torch.from_numpy(test.pose)).abs().mean(0)
    assert [linear["mae"][angle] for angle in ("roll", "pitch", "yaw")] == pytest.approx(missed.tolist(), abs=2e-3)
    errors = np.abs(np.median(known.pose, axis=0) - test.pose)
    expected = errors.mean(axis=0)
    assert [median["mae"][angle] for angle in ("roll", "pitch", "yaw")] == pytest.approx(expected, abs=1e-3)
    assert median["mae"]["mean"] == pytest.approx(expected.mean(), abs=1e-3)
    by_person = (errors[:15].mean(axis=0) + errors[15:].mean(axis=0)) / 2
    assert median["mae_by_person"]["yaw"] == pytest.approx(by_person[2], abs=1e-3)
    assert found["paper"]["X2Face"] == {"roll": 5.85, "pitch": 7.59, "yaw": 14.62, "mean": 9.36}
    assert found["paper"]["KEPLER (supervised)"]["mean"] == 7.02


def test_frames_of_tracks_have_the_labels_of_their_frames(face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    found = tracks_set(folder, "test", 32, None)
    assert found.pictures.shape == (24, 32, 32, 3)
    assert found.people == ["p5"] * 24
    own = folder.labels.pose[folder.labels.clip >= 10]
    assert found.pose == pytest.approx(own, abs=1e-6)
    assert len(tracks_set(folder, "test", 32, 1).people) == 12


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Twelve pictures of 100 x 80 whose left half is red, the face's box about the border of the halves."""
    for number in range(12):
        picture = np.zeros((80, 100, 3), np.uint8)
        picture[:, :50] = (200, 0, 0)
        Image.fromarray(picture).save(tmp_path / f"{number}.png")
    return tmp_path


def table_of(album: Path, lines: list[str], head: str = "file,roll,pitch,yaw,x,y,w,h,split") -> Path:
    (album / "poses.csv").write_text("\n".join([head, *lines]) + "\n")
    return album / "poses.csv"


def test_pictures_are_cropped_about_their_boxes_and_split_as_told(album: Path) -> None:
    lines = [f"{n}.png,{n},2,-3,40,30,20,20,{'test' if n > 9 else 'train'}" for n in range(12)]
    known, test, lost = pictures_sets(album, table_of(album, lines), 32, scale=1.5)
    assert (len(known.people), test.people, lost) == (10, ["10.png", "11.png"], 0)
    assert test.pose.tolist() == [[10, 2, -3], [11, 2, -3]]
    assert (known.pictures[0, :, :14, 0] > 190).all() and (known.pictures[0, :, 18:, 0] < 10).all()


def test_without_a_box_a_face_is_searched_for_or_the_whole_taken(album: Path) -> None:
    table = table_of(
        album, [f"{n}.png,0,0,0,{'test' if n > 10 else 'val'}" for n in range(12)], "file,roll,pitch,yaw,split"
    )
    known, _, lost = pictures_sets(album, table, 16, scale=1.6, search=False)
    assert (len(known.people), lost) == (11, 0)
    with pytest.raises(InputError, match="leaves 0 pictures to learn from and 0 to be tested on"):
        pictures_sets(album, table, 16, scale=1.6)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("none.png,0,0,0,40,30,20,20,train", "line 3: .*none.png: there is no such file"),
        ("../0.png,0,0,0,40,30,20,20,train", "line 3: '../0.png' is no file in"),
        ("1.png,left,0,0,40,30,20,20,train", "line 3: roll is 'left'; a number up to 360"),
        ("1.png,0,nan,0,40,30,20,20,train", "line 3: pitch is 'nan'"),
        ("1.png,0,0,400,40,30,20,20,train", "line 3: yaw is '400'"),
        ("1.png,0,0,0,400,30,20,20,train", "line 3: its box lies outside"),
        ("1.png,0,0,0,40,30,20,20,trial", "line 3: split is 'trial'"),
        (",0,0,0,40,30,20,20,train", "line 3: names no file"),
    ],
)
def test_wrong_lines_are_named(album: Path, line: str, named: str) -> None:
    with pytest.raises(InputError, match=named):
        pictures_sets(album, table_of(album, ["0.png,0,0,0,40,30,20,20,train", line]), 16, scale=1.6)

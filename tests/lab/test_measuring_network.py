"""What the measuring network is trained with, on drawn faces whose measures are known exactly."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError
from x2face_core.geometry.landmarks import with_forehead, with_irises
from x2face_core.networks.measuring import MeasuringNetwork
from x2face_core.sources.measuring import measure
from x2face_lab.measuring.gathering import Faces, gather
from x2face_lab.measuring.learning import learn, read, within_films
from x2face_lab.measuring.objectives import SecondLook, WholeFace
from x2face_lab.measuring.rendering import render
from x2face_lab.measuring.varying import Batch, Batches, _mirrored

from ..tracks import FRAMES, draw, landmarks, look_of

Tensor = torch.Tensor
PEOPLE = 3


@pytest.fixture(scope="module")
def faces() -> Faces:
    """A film of twelve frames of each of three people."""
    jobs = [(person, frame) for person in range(PEOPLE) for frame in range(FRAMES)]
    looks = [look_of(person, 0, frame) for person, frame in jobs]
    pictures = [Image.fromarray(draw(look, person)).resize((128, 128)) for look, (person, _) in zip(looks, jobs)]  # noqa: B905
    points = np.stack([landmarks(look, person) for look, (person, _) in zip(looks, jobs)])  # noqa: B905
    gaze = np.zeros((len(jobs), 2), np.float32)
    solid = torch.from_numpy(with_irises(with_forehead(points.astype(np.float32)), gaze))
    measures = [
        [*look.pose, look.mouth_open, look.mouth_width, look.eye_left, look.eye_right, 0.0, 0.0] for look in looks
    ]
    person = torch.tensor([person for person, _ in jobs])
    return Faces(
        pictures=torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures])),
        measures=torch.tensor(measures, dtype=torch.float32),
        points=torch.cat([solid[:, :68], solid[:, 71:]], dim=1)[..., :2],
        first=person * FRAMES,
        count=torch.full((len(jobs),), FRAMES),
        weight=torch.full((len(jobs),), 1 / len(jobs)),
        clip=person,
        person=person,
        solid=solid,
    )


def batches(faces: Faces) -> Batches:
    return Batches(faces, faces, None, groups=6, each=4)


def test_a_batch_holds_groups_of_one_person(faces: Faces) -> None:
    batch = batches(faces).draw(torch.Generator().manual_seed(0))
    assert batch.pictures.shape == (24, 3, 128, 128) and batch.measures.shape == (24, 9)
    assert batch.points.shape == (24, 70, 2)
    assert 0 <= float(batch.pictures.min()) < float(batch.pictures.max()) <= 1
    widths = batch.measures[:, 4].view(6, 4)  # each person's mouth has a width of its own beat
    assert float(widths.std()) > 0


def test_the_same_seed_draws_the_same(faces: Faces) -> None:
    one, two = (batches(faces).draw(torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one.pictures, two.pictures) and torch.equal(one.measures, two.measures)
    other = batches(faces).draw(torch.Generator().manual_seed(4))
    assert not torch.equal(one.pictures, other.pictures)


def test_a_mirrored_face_looks_and_winks_to_the_other_side(faces: Faces) -> None:
    drawn = batches(faces)
    measures = torch.tensor([[5.0, 6.0, 7.0, 0.1, 0.4, 0.2, 0.3, 0.05, 0.02]]).expand(2, -1)
    picture = torch.zeros(2, 3, 128, 128)
    picture[..., :40] = 1.0
    points = torch.zeros(2, 70, 2)
    points[:, 36, 0] = -0.3  # the outer corner of the left eye becomes that of the right one
    found = _mirrored(Batch(picture, measures, points), torch.tensor([True, False]), drawn._mirror)
    assert found.measures[0].tolist() == pytest.approx([-5, 6, -7, 0.1, 0.4, 0.3, 0.2, -0.05, 0.02])
    assert torch.equal(found.measures[1], measures[1]) and torch.equal(found.pictures[1], picture[1])
    assert float(found.pictures[0, :, :, -40:].min()) == 1 and float(found.pictures[0, :, :, :88].max()) == 0
    assert float(found.points[0, 45, 0]) == pytest.approx(0.3)


def test_a_tilted_picture_rolls_the_head_and_moves_its_landmarks(faces: Faces) -> None:
    """The brightest spot of a picture stays at its landmark."""
    drawn = batches(faces)
    spot, points = torch.zeros(24, 3, 128, 128), torch.zeros(24, 70, 2)
    spot[:, :, 30:34, 80:84] = 1.0
    points[:] = torch.tensor([82 / 64 - 1, 32 / 64 - 1])
    from x2face_core.training.drawing import Sampler

    found = drawn._placed(Batch(spot, torch.zeros(24, 9), points), Sampler(torch.Generator().manual_seed(1)))
    for picture, point, measures in zip(found.pictures, found.points, found.measures, strict=True):
        y, x = divmod(int(picture[0].argmax()), 128)
        assert (x + 0.5) / 64 - 1 == pytest.approx(float(point[0, 0]), abs=0.06)
        assert (y + 0.5) / 64 - 1 == pytest.approx(float(point[0, 1]), abs=0.06)
        assert abs(float(measures[0])) <= 10
    clockwise = found.measures[:, 0] > 3
    moved = found.points[:, 0] - found.points[:, 0].mean(0)
    assert clockwise.any() and moved.abs().max() > 0.05


def test_the_network_learns_what_drawn_faces_show(faces: Faces) -> None:
    """Forty steps are a beginning: the loss falls by a sixth or more."""
    torch.manual_seed(0)
    found = list(learn(WholeFace(MeasuringNetwork()), Batches(faces, faces, None, groups=4, each=3), 40))
    losses = [loss for _, loss, _ in found]
    assert [step for step, _, _ in found] == list(range(1, 41))
    assert np.mean(losses[-10:]) < 0.84 * np.mean(losses[:5])
    network = found[-1][2]
    assert read(network, faces.pictures[:2]).shape == (2, 9) and not network.training


def test_the_second_look_is_taught_by_itself(faces: Faces) -> None:
    """It learns where eyes and mouth are and how open; what the whole face tells stays as it was."""
    torch.manual_seed(0)
    network = MeasuringNetwork()
    before = read(network.eval().whole, faces.pictures)
    found = list(learn(SecondLook(network), Batches(faces, faces, None, groups=4, each=3), 60))
    losses = [loss for _, loss, _ in found]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:5])
    learnt = found[-1][2]
    torch.testing.assert_close(read(learnt.whole, faces.pictures), before)
    assert float((read(learnt, faces.pictures) - before)[:, 3:].abs().max()) > 1e-3
    torch.testing.assert_close(read(learnt, faces.pictures)[:, :3], before[:, :3])


def test_correlations_are_within_films(faces: Faces) -> None:
    found = faces.measures.double().numpy().copy()
    found[:, 1] *= -1  # the pitch, upside down
    found[:, 2] += 100 * np.repeat(np.arange(PEOPLE), FRAMES)  # a yaw that is wrong by as much in all of a film
    rows = {one.name: one for one in within_films(found, faces)}
    assert rows["roll"].r == pytest.approx(1) and rows["yaw"].r == pytest.approx(1)
    assert rows["pitch"].r == pytest.approx(-1)
    assert rows["roll"].people == PEOPLE
    assert rows["gaze_x"].people == 0 and np.isnan(rows["gaze_x"].r)  # nobody looks around


def test_frames_are_gathered_with_their_labels(face_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no gaze; `x2face prepare --landmarks` measures it"):
        gather(FaceFolder(face_folder), "train")
    shutil.copytree(face_folder, tmp_path / "tracks")
    labels = dict(np.load(face_folder / "labels.npz"))
    rng = np.random.default_rng(0)
    labels["gaze"] = rng.normal(0, 0.1, (len(labels["clip"]), 2)).astype(np.float16)
    np.savez(tmp_path / "tracks" / "labels.npz", **labels)
    films, photographs = gather(FaceFolder(tmp_path / "tracks"), "val")
    assert photographs is None and len(films) == 2 * FRAMES // 2
    assert films.clip is not None
    first = np.flatnonzero((labels["clip"] == int(films.clip[0])) & (labels["frame"] == 0))[0]
    wanted = [*labels["pose"][first], labels["mouth_open"][first], labels["mouth_width"][first]]
    wanted += [labels["eye_left"][first], labels["eye_right"][first], *labels["gaze"][first]]
    assert films.measures[0].tolist() == pytest.approx([float(one) for one in wanted], abs=1e-3)
    assert float(films.weight.sum()) == pytest.approx(1)


@pytest.mark.landmarks
def test_renders_are_labelled_by_what_they_show(face_folder: Path, tmp_path: Path) -> None:
    """Of a photograph that the tests' dependency brings, driven by drawn films."""
    from skimage import data

    from x2face_core.media.boxes import crop
    from x2face_core.media.faces import find_box
    from x2face_core.media.images import write_picture
    from x2face_plugins.session import Session

    tracks = tmp_path / "tracks"
    shutil.copytree(face_folder, tracks)
    picture = data.astronaut()
    (tracks / "pictures").mkdir()
    write_picture(tracks / "pictures" / "one.png", crop(picture, find_box(picture, 1.6), 256))
    (tracks / "pictures.csv").write_text("file,identity,source,split,over\none.png,her,tests,train,0\n")
    found = render(FaceFolder(tracks), Session.load(), each=6, seed=1)
    assert 4 <= len(found) <= 6 and found.count.tolist() == [len(found)] * len(found)
    assert float(found.weight.sum()) == pytest.approx(1)
    nose = (found.points[:, 30] + 1) * 64  # in the pictures' own pixels
    assert 30 < float(nose.min()) < float(nose.max()) < 98
    assert float(found.measures[:, :3].std(dim=0).max()) > 1  # they turn
    read = measure(found.pictures.permute(0, 3, 1, 2) / 255)
    assert float((read[:, 2] - found.measures[:, 2]).abs().mean()) < 6

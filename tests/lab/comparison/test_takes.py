"""What methods are compared on, of drawn people; and each method's frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from x2face_baselines.cyclegan import CycleGAN, CycleGANSettings
from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError, MissingError
from x2face_core.model import X2Face
from x2face_lab.comparison.marks import LabelMarks
from x2face_lab.comparison.methods import Copying, Ours, Translated, Warped
from x2face_lab.comparison.takes import Take, couples, people_of, read_take, take_of, with_marks
from x2face_lab.evaluation.tracks import read_clip

from ...tiny_weights import save_tiny


@pytest.fixture(scope="module")
def folder(face_folder: Path) -> FaceFolder:
    return FaceFolder(face_folder)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> X2Face:
    return X2Face.load(save_tiny(tmp_path_factory.mktemp("weights"), "still"))


@pytest.fixture(scope="module")
def take(folder: FaceFolder, still: X2Face) -> Take:
    a, b = people_of(folder, "train", 2, 8)
    return read_take(still, LabelMarks(folder.labels), a, b, 7)


def test_people_are_even_and_those_whose_heads_turn_most(face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    for number, clip in enumerate(folder.clips):
        folder.clips[number] = replace(clip, yaw_range=float(number))
    assert [one.name for one in people_of(folder, "train", 3, 8)] == ["p3", "p2"]
    four = people_of(folder, "train", 9, 8)
    assert [(a.name, b.name) for a, b in couples(four)] == [("p3", "p2"), ("p1", "p0")]
    assert four[0].clip.row == 7 and len(four[0].clips) == 2
    assert four[0].pictures(32).shape == (24, 3, 32, 32)


@pytest.mark.parametrize(("split", "least"), [("test", 8), ("train", 13)])
def test_one_person_alone_is_refused(folder: FaceFolder, split: str, least: int) -> None:
    with pytest.raises(InputError, match=r"13 frames|two are needed|12 frames|8 frames"):
        people_of(folder, split, 4, least)


def test_a_take_has_the_film_s_middle_and_labels_between_labelled_frames(take: Take, folder: FaceFolder) -> None:
    driver = next(clip for clip in folder.clips if clip.identity == take.persons[1])
    clip = max((c for c in folder.clips if c.identity == driver.identity), key=lambda c: c.yaw_range)
    film = read_clip(clip.path, 12)
    assert torch.equal(take.driving, film[3:10])  # 7 of 12
    ref, known = folder.labels.landmark_ref, folder.labels.landmarks.astype(float)
    at = {int(frame): known[row] for row, (number, frame) in enumerate(ref) if number == clip.row}
    assert take.marks is not None
    assert np.allclose(take.marks[1], at[4]) and np.allclose(take.marks[0], (at[2] + at[4]) / 2)


def test_whose_face_was_not_found_is_known(take: Take) -> None:
    assert take.marks is not None and take.without_face is None and replace(take, marks=None).without_face is None
    lost = take.marks.copy()
    lost[1:] = np.nan
    assert replace(take, marks=lost).without_face is None  # one frame shows it
    assert take.source_marks is not None
    assert np.array_equal(with_marks(take, take.source_marks, lost).marks, [lost[0]] * len(lost))
    lost[0, 5] = np.nan
    assert replace(take, marks=lost).without_face == take.persons[1]
    assert replace(take, source_marks=lost[0]).without_face == take.persons[0]


def test_films_without_a_labelled_face_are_not_chosen(face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    ref = folder.labels.landmark_ref
    ref[ref[:, 0] <= 1] = [99, 0]  # both films of the first person
    assert [one.name for one in people_of(folder, "train", 4, 8)] == ["p1", "p2"]


def test_a_film_by_itself_begins_at_rest(take: Take) -> None:
    itself = take.itself()
    assert itself.persons[0] == itself.persons[1] and itself.rest == 0 and torch.equal(itself.source, take.driving[0])
    made = Warped().frames(itself)
    assert (made[0] - itself.driving[0]).abs().mean() < 0.01
    face = slice(80, 200)
    away, copied = (
        (frames - itself.driving)[1:, :, face, face].abs().mean() for frames in (made, Copying().frames(itself))
    )
    assert away < copied


def test_the_frame_at_rest_is_the_one_like_the_source(still: X2Face) -> None:
    torch.manual_seed(1)
    film = torch.rand(5, 3, 64, 64)
    moving = X2Face(still.networks, still.info)
    assert take_of(moving, film[3], film, ("a", "b")).rest == 3


def test_ours_is_relative_or_absolute(take: Take, tmp_path: Path) -> None:
    model = X2Face.load(save_tiny(tmp_path, "one", moving=0.1))
    one = take_of(model, take.source, take.driving, take.persons)
    face = model.embed(take.source[None])
    relative, absolute = Ours(model).frames(one), Ours(model, absolute=True).frames(one)
    assert torch.allclose(absolute, model.render(face, one.vectors), atol=1e-6)
    assert torch.allclose(relative[one.rest], model.render(face, model.encode(take.source[None]))[0], atol=1e-5)


def test_a_cyclegan_is_asked_in_the_direction_of_the_take(take: Take) -> None:
    torch.manual_seed(0)
    model = CycleGAN(CycleGANSettings(side=16, width=2, blocks=1)).eval()
    source, driver = take.persons
    forth = Translated({(driver, source): model}).frames(take)
    back = Translated({(source, driver): model}).frames(take)
    assert torch.equal(forth, model.a_to_b(take.driving)) and torch.equal(back, model.b_to_a(take.driving))
    assert torch.equal(Translated({(driver, source): model}).frames(take.itself()), model.cycle(take.driving))
    with pytest.raises(MissingError, match="was trained"):
        Translated({}).frames(take)


def test_a_warp_without_landmarks_says_what_would_do(take: Take) -> None:
    with pytest.raises(MissingError, match=r"x2face\[landmarks\]"):
        Warped().frames(replace(take, marks=None))

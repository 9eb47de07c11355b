"""The warp by landmarks: motion, scale and the mouth's inside, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_baselines.landmark_warp import LandmarkWarp, held
from x2face_core.errors import InputError

from ..tracks import Look, draw, landmarks

SIDE = 64
SHUT, WIDE = Look(mouth_open=0.03), Look(mouth_open=0.16)


def picture(look: Look, person: int = 0) -> Tensor:
    return torch.from_numpy(draw(look, person).copy()).permute(2, 0, 1).float() / 255


def points(look: Look, person: int = 0) -> NDArray[np.float64]:
    return np.asarray(landmarks(look, person), np.float64)


def test_a_driver_at_rest_leaves_the_source_as_it_is() -> None:
    warp = LandmarkWarp(picture(SHUT), points(SHUT))
    made = warp.frames(picture(WIDE, 1)[None], points(WIDE, 1)[None], points(WIDE, 1))
    assert torch.allclose(made[0], picture(SHUT), atol=2e-3)


def test_the_same_person_s_motion_is_rebuilt() -> None:
    source, turned = SHUT, Look(pose=(8.0, 0, 12), mouth_open=0.06)
    warp = LandmarkWarp(picture(source), points(source))
    made = warp.frames(picture(turned)[None], points(turned)[None], points(source))[0]
    face = slice(20, 48)
    away, copied = ((shown - picture(turned))[:, face, face].abs().mean() for shown in (made, picture(source)))
    assert away < 0.6 * copied


def test_motion_is_turned_and_scaled_from_the_driver_s_face_to_the_source_s() -> None:
    rest = points(SHUT)
    half = (rest - 0.5) * 0.5 + 0.5  # a driver half as large, on its side
    side = half.copy()
    side[:, 0], side[:, 1] = 1 - half[:, 1], half[:, 0]
    lifted = side.copy()
    lifted[48:68, 0] -= 0.02  # its mouth moves down along its face
    moved = LandmarkWarp(picture(SHUT), rest).moved(lifted[None], side)[0]
    still = LandmarkWarp(picture(SHUT), rest).moved(side[None], side)[0]
    assert torch.allclose((moved - still)[50], torch.tensor([0.0, 0.08]), atol=1e-3)  # 0.02 x 2, in half pictures
    assert torch.allclose((moved - still)[:48], torch.zeros(48, 2), atol=1e-5)


def test_the_driver_s_mouth_is_taken_where_it_opens_wider() -> None:
    driving = picture(WIDE, 1)
    driving[:, driving.sum(0) < 0.5] = torch.tensor([0.1, 0.9, 0.1])[:, None]  # a green mouth
    middle = points(WIDE, 1)[[62, 66]].mean(0)[:2] * SIDE
    at = (slice(None), int(middle[1]), int(middle[0]))
    made = {
        hidden: LandmarkWarp(picture(SHUT), points(SHUT), hidden=hidden).frames(
            driving[None], points(WIDE, 1)[None], points(SHUT, 1)
        )[0]
        for hidden in (False, True)
    }
    green = {hidden: float(shown[at][1] - shown[at][0]) for hidden, shown in made.items()}
    assert green[True] > 0.3 > 0 > green[False]
    changed = (made[True] - made[False]).abs().amax(0) > 1e-6
    rows, columns = torch.where(changed)
    assert 0 < changed.sum() < 0.05 * SIDE**2
    assert abs(float(rows.float().mean()) - middle[1]) < 3 and abs(float(columns.float().mean()) - middle[0]) < 3


def test_an_open_source_keeps_its_own_mouth() -> None:
    plain, hidden = (
        LandmarkWarp(picture(WIDE), points(WIDE), hidden=one).frames(
            picture(WIDE, 1)[None], points(WIDE, 1)[None], points(WIDE, 1)
        )
        for one in (False, True)
    )
    assert torch.equal(plain, hidden)


def test_frames_without_a_face_hold_the_last() -> None:
    film = np.stack([np.full((68, 2), np.nan), np.zeros((68, 2)), np.full((68, 2), np.nan), np.ones((68, 2))])
    assert held(film)[:, 0, 0].tolist() == [0, 0, 0, 1]
    with pytest.raises(InputError, match="no driving frame"):
        held(film[:1])


@pytest.mark.parametrize(("marks", "why"), [(np.zeros((5, 2)), "shape"), (np.full((68, 3), np.nan), "no face")])
def test_sources_without_landmarks_are_refused(marks: NDArray[np.float64], why: str) -> None:
    with pytest.raises(InputError, match=why):
        LandmarkWarp(picture(SHUT), marks)

"""Skin tone by the typology angle, on faces painted in known colours."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from x2face_lab.evaluation.skin import ANGLE, by_skin, group_of, typology_angle
from x2face_lab.evaluation.tally import Tally

from ...tracks import Look, landmarks


def painted(colour: tuple[int, int, int]) -> Tensor:
    return (torch.tensor(colour) / 255)[:, None, None].expand(3, 64, 64)


@pytest.mark.parametrize(
    ("colour", "lab", "group"),
    [  # L* and b* of sRGB colours under D65
        ((245, 208, 197), (85.9, 11.5), "light"),
        ((198, 150, 115), (66.0, 25.3), "intermediate"),
        ((176, 128, 92), (57.8, 26.7), "tan"),
        ((92, 56, 36), (27.7, 19.9), "dark"),
    ],
)
def test_the_angle_is_that_of_the_colour(colour: tuple[int, int, int], lab: tuple[float, float], group: str) -> None:
    lightness, yellow = lab
    angle = typology_angle(painted(colour), landmarks(Look()))
    assert angle == pytest.approx(math.degrees(math.atan2(lightness - 50, yellow)), abs=2.5)
    assert group_of(angle) == group


def test_only_the_cheeks_are_looked_at() -> None:
    points, picture = landmarks(Look()), painted((245, 208, 197)).clone()
    nose = (points[30, :2] * 64).astype(int)
    picture[:, nose[1] - 2 : nose[1] + 2, nose[0] - 2 : nose[0] + 2] = 0
    picture[:, :12] = 0
    assert typology_angle(picture, points) == pytest.approx(typology_angle(painted((245, 208, 197)), points), abs=0.01)


def test_a_face_outside_the_picture_has_no_angle() -> None:
    assert math.isnan(typology_angle(painted((200, 200, 200)), landmarks(Look()) + 3))


def test_people_count_alike_in_the_figures_of_their_group() -> None:
    tally = Tally()
    for person, angle, made in (("a", 60.0, 0.02), ("b", 50.0, 0.04), ("c", -20.0, 0.03)):
        frames = 5 if person == "a" else 1
        tally.add(person, ANGLE, [angle])
        for name, value in {"l1_1": made, "copy_1": 0.05, "face_l1": made, "face_copy": 0.1}.items():
            tally.add(person, name, [value] * frames)
    assert by_skin(tally)["by_skin"] == {
        "light": {"people": 2, "ratio_1": 0.6, "face_l1": 0.03, "face_copy": 0.1},
        "dark": {"people": 1, "ratio_1": 0.6, "face_l1": 0.03, "face_copy": 0.1},
    }


def test_without_landmarks_there_are_no_groups() -> None:
    tally = Tally()
    tally.add("a", "l1_1", np.array([0.1]))
    assert by_skin(tally) == {}

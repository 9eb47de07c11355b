"""What a take asks a face for."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from x2face_plugins import InputError

from x2face_blendshapes import Settings
from x2face_blendshapes.performing import performed, warnings_of
from x2face_blendshapes.takes import Take


def take(**channels: Any) -> Take:
    columns = {name: np.atleast_1d(np.array(column, float)) for name, column in channels.items()}
    rows = len(next(iter(columns.values())))
    return Take(np.arange(rows) / 30, columns, (rows - 1) / 30, 0)


def settings(**more: Any) -> Settings:
    return Settings(input=Path("take.csv"), **{"rest": "none", **more})


def values(**channels: Any) -> list[float]:
    return [round(float(one), 6) for one in performed(take(**channels), settings())[0][0]]


def angles(recorded: Take, **more: Any) -> np.ndarray:
    return performed(recorded, settings(**more))[1]


def test_a_jaw_that_is_open_behind_closed_lips_opens_nothing() -> None:
    assert values(JawOpen=0.5, MouthClose=0.2) == [0.3, 0, 0, 0]
    assert values(JawOpen=0.02, MouthClose=0.03) == [0, 0, 0, 0]


def test_smiles_widen_the_mouth_and_a_pucker_narrows_it() -> None:
    assert values(MouthSmileLeft=0.8, MouthSmileRight=0.4) == [0, 0.6, 0, 0]
    assert values(MouthPucker=0.7) == [0, -0.7, 0, 0]


def test_lids_keep_their_sides_and_a_mirror_swaps_them() -> None:
    assert values(EyeBlinkLeft=1, EyeBlinkRight=0.25) == [0, 0, 1, 0.25]
    turned, *_ = performed(take(EyeBlinkLeft=1, EyeBlinkRight=0.25), settings(mirror=True))
    assert turned[0].tolist() == [0, 0, 0.25, 1]


def test_names_are_known_in_any_case() -> None:
    assert values(jawOpen=0.5) == values(JAWOPEN=0.5) == [0.5, 0, 0, 0]


def test_gain_scales_the_face_and_not_the_head() -> None:
    recorded = take(JawOpen=0.2, HeadPitch=0.1, EyeLookDownLeft=0.5)
    (face, head, look), (face_2, head_2, look_2) = (performed(recorded, settings(gain=gain)) for gain in (1, 2))
    np.testing.assert_allclose(face_2, 2 * face)
    np.testing.assert_allclose(head_2, head)
    np.testing.assert_allclose((look, look_2), ([[0, 0.0375]], [[0, 0.075]]))


def test_angles_are_roll_pitch_and_yaw_to_the_pictures_right_in_degrees() -> None:
    recorded = take(HeadYaw=math.radians(10), HeadPitch=math.radians(20), HeadRoll=math.radians(5))
    np.testing.assert_allclose(angles(recorded), [[-5, 20, -10]])
    np.testing.assert_allclose(angles(recorded, flip=("yaw",)), [[-5, 20, 10]])
    np.testing.assert_allclose(angles(recorded, mirror=True), [[5, 20, 10]])
    np.testing.assert_allclose(angles(recorded, head=0), [[0, 0, 0]])


def test_the_head_is_straight_where_it_is_said_to_be() -> None:
    recorded = take(HeadPitch=np.radians([10, 20, 60]))
    np.testing.assert_allclose(angles(recorded, rest="first")[:, 1], [0, 10, 50])
    np.testing.assert_allclose(angles(recorded, rest="middle")[:, 1], [-10, 0, 40])
    np.testing.assert_allclose(angles(recorded)[:, 1], [10, 20, 60])


def test_degrees_are_told_from_radians() -> None:
    recorded = take(HeadYaw=[0, 25])
    with pytest.raises(InputError, match=r"HeadYaw goes to 25\.0, .*--blendshapes-angles degrees"):
        performed(recorded, settings())
    np.testing.assert_allclose(angles(recorded, angles="degrees")[:, 2], [0, -25])


def test_a_take_of_other_channels_is_refused() -> None:
    with pytest.raises(InputError, match="none of its columns is one of EyeBlinkLeft"):
        performed(take(BrowInnerUp=0.5), settings())


def test_channels_that_are_not_shown_are_named_unless_they_are_still() -> None:
    recorded = take(JawOpen=0.5, BrowInnerUp=0.5, CheekPuff=0.0, TongueOut=0.3)
    (warning,) = warnings_of(recorded, settings())
    assert "BrowInnerUp, TongueOut" in warning and "CheekPuff" not in warning


def test_rows_without_a_face_are_told() -> None:
    lost = Take(np.zeros(1), {"JawOpen": np.zeros(1)}, 0.0, 4)
    assert "no face in 4 of 5 rows" in warnings_of(lost, settings())[0]

"""How far heads turn when others drive them: freely near the source's own pose, and not to where frames fold."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from x2face_core.suitability.reach import PITCH, YAW
from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.reaching import ROLL, Reach
from x2face_plugins.mappings.transferring import Transfer

Tensor = torch.Tensor


def pose() -> AffineFactor:
    """Roll, pitch and yaw are a vector's first three numbers."""
    factor = AffineFactor(3)
    factor.reading, factor.writing = (
        Affine(torch.eye(3, 128), torch.zeros(3)),
        Affine(torch.eye(128, 3), torch.zeros(128)),
    )
    return factor


def turned(yaw: float, roll: float = 0.0, pitch: float = 0.0) -> Tensor:
    return torch.nn.functional.pad(torch.tensor([roll, pitch, yaw]), (0, 125))


def reach(*yaws: float) -> Reach:
    """Of a source whose pictures are turned so."""
    return Reach(pose(), turned(yaws[0]), torch.stack([turned(yaw) for yaw in yaws]))


def gone(of: Reach, yaw: float) -> float:
    """The yaw of the frame for which a yaw is asked for."""
    offsets = (turned(yaw) - of.own)[None]
    return float((of.own + offsets + of.added(offsets))[0, 2])


@pytest.mark.parametrize("yaw", [-20.0, 0.0, 20.0])
def test_near_the_front_heads_turn_as_asked(yaw: float) -> None:
    assert gone(reach(0.0), yaw) == pytest.approx(yaw, abs=1e-4)


def test_further_they_slow_down_and_stop_at_the_limit() -> None:
    way = [gone(reach(0.0), yaw) for yaw in (20.0, 24.0, 28.0, 32.0, 40.0, 90.0)]
    assert way == sorted(way)
    assert 23.5 < way[1] < 24.0
    assert way[-1] == pytest.approx(YAW, abs=0.01)


@pytest.mark.parametrize(("own", "limit"), [(10.0, -14.0), (20.0, 2.0), (-20.0, -2.0), (40.0, 34.0)])
def test_a_turned_source_turns_less_to_the_side_that_it_hides(own: float, limit: float) -> None:
    away = -90.0 if own > 0 else 90.0
    assert gone(reach(own), away) == pytest.approx(limit, abs=0.01)


def test_a_source_at_its_limit_keeps_a_little_room() -> None:
    assert gone(reach(35.0), 90.0) == pytest.approx(38.0, abs=0.01)
    assert gone(reach(35.0), 35.0) == pytest.approx(35.0, abs=1e-4)


def test_a_picture_from_the_other_side_shows_what_the_first_one_hides() -> None:
    assert gone(reach(20.0, -20.0), -90.0) == pytest.approx(-YAW, abs=0.01)
    assert gone(reach(20.0, -20.0), -10.0) == pytest.approx(-10.0, abs=1e-4)


def test_heads_tip_further_than_they_turn() -> None:
    asked = torch.tensor([[90.0, -90.0, 0.0]])
    torch.testing.assert_close(reach(0.0).limited(asked), torch.tensor([[ROLL, -PITCH, 0.0]]), atol=0.01, rtol=0)


class Face:
    """As much of a source as Transfer.of asks for."""

    vector, pictures = turned(20.0), torch.zeros(1, 3, 8, 8)

    def __init__(self, factor: AffineFactor) -> None:
        self._pose = factor

    def encode(self, pictures: Tensor) -> Tensor:
        return self.vector.expand(len(pictures), -1)

    def factor(self, name: str) -> AffineFactor:
        return self._pose if name == "pose" else AffineFactor(2)


@pytest.mark.parametrize(
    ("how", "yaw"), [({"measured": True}, 2.0), ({}, -70.0), ({"measured": True, "raw_pose": True}, -70.0)]
)
def test_what_is_measured_is_kept_within_reach_unless_that_is_turned_off(how: dict[str, bool], yaw: float) -> None:
    """A driver at rest who turns by -90°, before a source that is at 20°."""
    source: Any = Face(pose())
    transfer = Transfer.of(source, torch.zeros(128), **how)
    assert 20 + float(transfer(turned(-90.0)[None])[0, 2]) == pytest.approx(yaw, abs=0.01)


def test_a_pose_of_other_numbers_has_no_limits() -> None:
    source: Any = Face(AffineFactor(2))
    assert Transfer.of(source, torch.zeros(128), measured=True).reach is None

"""What messages ask for."""

from __future__ import annotations

import math
from typing import Any

import pytest

from x2face_osc.control_state import ControlState


def asked(*messages: tuple[str, Any]) -> ControlState:
    state = ControlState()
    for address, *arguments in messages:
        assert state.take(address, list(arguments)), address
    return state


def values(*messages: tuple[Any, ...]) -> list[float]:
    return [round(float(one), 6) for one in asked(*messages).values[0]]


def test_silence_is_rest() -> None:
    assert ControlState().values.tolist() == [[0, 0, 0, 0]] and ControlState().angles.tolist() == [0, 0, 0]


def test_the_head_has_three_angles_that_are_held_to_60_degrees() -> None:
    state = asked(("/head/yaw", 12.5), ("/head/pitch", -5), ("/head/roll", 1000.0))
    assert state.angles.tolist() == [60, -5, 12.5]


def test_the_last_word_counts() -> None:
    assert values(("/mouth/open", 0.75), ("/mouth/open", 0.25)) == [0.25, 0, 0, 0]


def test_the_mouth_goes_both_ways() -> None:
    assert values(("/mouth/width", 0.5)) == [0, 0.5, 0, 0]
    assert values(("/mouth/width", 0.5), ("/mouth/width", -0.25)) == [0, -0.25, 0, 0]


def test_lids_close_together_or_alone() -> None:
    assert values(("/eyes/blink", 1)) == [0, 0, 1, 1]
    assert values(("/eye/left/blink", 1), ("/eye/right/blink", 0.5)) == [0, 0, 1, 0.5]


@pytest.mark.parametrize("message", [("/JawOpen", 0.5), ("/jawOpen", 0.5), ("/VMC/Ext/Blend/Val", "jawopen", 0.5),
                                     ("/VMC/Ext/Blend/Val", "A", 0.5)])  # fmt: skip
def test_blendshapes_are_known_by_their_names(message: tuple[Any, ...]) -> None:
    assert values(message) == [0.5, 0, 0, 0]


def test_vrm_blinks() -> None:
    assert values(("/VMC/Ext/Blend/Val", "Blink", 0.5), ("/VMC/Ext/Blend/Val", "Blink_R", 1.0)) == [0, 0, 0.5, 1]


def test_coefficients_are_held_to_what_they_may_be() -> None:
    assert values(("/mouth/open", 7.0), ("/eyes/blink", -3.0), ("/mouth/width", -9.0)) == [1, -1, 0, 0]


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/head/yaw", []),
        ("/head/yaw", [math.nan]),
        ("/head/yaw", [math.inf]),
        ("/head/yaw", ["12"]),
        ("/head/yaw", [True]),
        ("/head/yaw", [1.0, 2.0]),
        ("/head/up", [1.0]),
        ("/foo", [1.0]),
        ("/HeadYaw", [1.0]),
        ("/VMC/Ext/Blend/Val", [1.0, "JawOpen"]),
        ("/VMC/Ext/Blend/Val", ["Joy", 1.0]),
        ("/VMC/Ext/Blend/Apply", []),
    ],
)
def test_what_says_nothing_changes_nothing(address: str, arguments: list[Any]) -> None:
    state = ControlState()
    assert not state.take(address, arguments)
    assert not state.values.any() and not state.angles.any()

"""The gamepad overlay: what every overlay promises, and what is its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from x2face_plugins import EmbeddedFace, MissingError

from x2face_gamepad import Settings
from x2face_gamepad.overlay import GamepadOverlay


@pytest.mark.x2face("gamepad")
def test_it_keeps_what_overlays_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()


def face() -> EmbeddedFace:
    return EmbeddedFace(torch.full((3, 21, 21), 0.5), {"nose": (0.0, 0.0)})


def test_the_colour_is_where_it_was_put() -> None:
    painted = GamepadOverlay(Settings(colour="#ff0000", at=("nose",), strength=1)).edit(face(), 0.0).texture
    torch.testing.assert_close(painted[:, 10, 10], torch.tensor([1.0, 0.0, 0.0]))
    torch.testing.assert_close(painted[:, 0, 0], torch.full((3,), 0.5))


def test_a_place_that_the_weights_do_not_know_is_named() -> None:
    with pytest.raises(MissingError, match="chin"):
        GamepadOverlay(Settings(at=("chin",))).edit(face(), 0.0)


@pytest.mark.parametrize("colour", ["#12345", "blue", "#11223344"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError):
        Settings(colour=colour)

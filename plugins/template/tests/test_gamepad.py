"""The gamepad driver: what every driver promises, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from x2face_plugins import InputError, Source

from x2face_gamepad import Settings
from x2face_gamepad.driver import GamepadDriver


@pytest.mark.x2face("gamepad")
def test_it_keeps_what_drivers_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()


def offsets(source: Source, path: Path, text: str, reach: float = 20) -> torch.Tensor:
    path.write_text(text)
    (chunk,) = GamepadDriver(Settings(input=path, reach=reach)).drive(source)
    return torch.as_tensor(chunk.vectors)


def test_a_stick_at_rest_moves_nothing(x2face_source: Source, tmp_path: Path) -> None:
    assert float(offsets(x2face_source, tmp_path / "rest.txt", "0 0\n0 0\n").abs().max()) < 1e-5


def test_the_reach_scales_the_turn(x2face_source: Source, tmp_path: Path) -> None:
    near, far = (offsets(x2face_source, tmp_path / "a.txt", "1 0.5\n", reach=reach) for reach in (10, 20))
    assert near.any()
    torch.testing.assert_close(far, 2 * near, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("line", ["2 0", "0.5", "left", "nan 0"])
def test_a_line_that_is_no_stick_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(f"0 0\n{line}\n")
    with pytest.raises(InputError, match=r"bad\.txt, line 2"):
        GamepadDriver(Settings(input=path))

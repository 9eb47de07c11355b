"""The gamepad driver: what every driver promises, and what is its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from x2face_plugins import InputError, Source

from x2face_gamepad.driver import GamepadDriver, encode_file
from x2face_gamepad.plugin import demo


@pytest.mark.x2face("gamepad")
def test_it_keeps_what_drivers_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()


def test_it_begins_and_ends_with_a_picture_s_own_vector(x2face_source: Source, tmp_path: Path) -> None:
    chunks = list(GamepadDriver(demo(tmp_path)).drive(x2face_source))
    for name, row in (("0.png", chunks[0].vectors[0]), ("2.png", chunks[-1].vectors[-1])):
        torch.testing.assert_close(torch.as_tensor(row), encode_file(x2face_source, tmp_path / name))


def test_each_step_lasts_as_long_as_the_setting_hold(x2face_source: Source, tmp_path: Path) -> None:
    chunks = list(GamepadDriver(demo(tmp_path)).drive(x2face_source))
    assert [len(chunk.vectors) for chunk in chunks] == [10, 10, 1]  # 0.4 s at 25 a second


def test_a_file_that_is_no_picture_is_named(x2face_source: Source, tmp_path: Path) -> None:
    settings = demo(tmp_path)
    (tmp_path / "1.png").write_text("no picture")
    with pytest.raises(InputError, match=r"1\.png"):
        list(GamepadDriver(settings).drive(x2face_source))

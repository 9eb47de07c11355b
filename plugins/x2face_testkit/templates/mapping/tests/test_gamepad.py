"""The gamepad mapping and its driver: what all of them promise, and what is their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from x2face_plugins import InputError, Source

from x2face_gamepad.driver import GamepadDriver
from x2face_gamepad.mapping import GamepadMapping
from x2face_gamepad.plugin import demo
from x2face_gamepad.recording import read_recording


@pytest.mark.x2face("gamepad")
def test_they_keep_what_drivers_and_mappings_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()


def test_what_is_linear_is_learned() -> None:
    torch.manual_seed(0)
    x, weight = torch.rand(200, 2), torch.randn(2, 128)
    mapping = GamepadMapping()
    report = mapping.fit([(x[:100], x[:100] @ weight + 1), (x[100:], x[100:] @ weight + 1)])
    assert report["rows"] == 200 and report["r2"] > 0.99
    torch.testing.assert_close(mapping.write(x), x @ weight + 1, rtol=0, atol=0.1)


def test_the_first_moment_is_rest(x2face_source: Source, tmp_path: Path) -> None:
    (chunk,) = GamepadDriver(demo(tmp_path)).drive(x2face_source)
    assert chunk.vectors.shape == (51, 128)  # 2 s at 25 a second, and the last moment
    assert not chunk.vectors[0].any() and chunk.vectors[-1].any()


def test_values_between_two_lines_are_between_them(tmp_path: Path) -> None:
    recording = read_recording(demo(tmp_path).input)
    torch.testing.assert_close(recording.at(20)[1], torch.tensor([0.025, 0.975]))


@pytest.mark.parametrize("line", ["0.1,1", "0.1,a,b", "-1,0,0"])
def test_a_line_that_is_no_moment_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"seconds,x,y\n0,0,0\n{line}\n")
    with pytest.raises(InputError, match=r"bad\.csv"):
        read_recording(path)

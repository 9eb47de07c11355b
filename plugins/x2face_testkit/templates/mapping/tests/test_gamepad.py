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
from x2face_gamepad.settings import HEADER, LABELS


@pytest.mark.x2face("gamepad")
def test_they_keep_what_drivers_and_mappings_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()


def test_what_is_linear_within_each_film_is_learned_whoever_is_in_it() -> None:
    torch.manual_seed(0)
    x, weight, (ann, bob) = torch.rand(200, len(LABELS)), torch.randn(len(LABELS), 128), torch.randn(2, 128)
    mapping = GamepadMapping()
    report = mapping.fit([(x[:100], x[:100] @ weight + ann), (x[100:], x[100:] @ weight + bob)])
    assert report["films"] == 2 and report["rows"] == 200 and report["explained"] > 0.99
    torch.testing.assert_close(mapping.weight, weight, rtol=0, atol=0.2)


def test_what_no_number_tells_is_not_explained_in_an_unseen_film() -> None:
    torch.manual_seed(0)
    films = [(torch.rand(100, len(LABELS)), torch.randn(100, 128)) for _ in range(2)]
    assert GamepadMapping().fit(films)["explained"] < 0.05
    assert "explained" not in GamepadMapping().fit(films[:1])


def test_the_first_moment_is_rest(x2face_source: Source, tmp_path: Path) -> None:
    (chunk,) = GamepadDriver(demo(tmp_path)).drive(x2face_source)
    assert chunk.vectors.shape == (51, 128)  # 2 s at 25 a second, and the last moment
    assert not chunk.vectors[0].any() and chunk.vectors[-1].any()


def test_values_between_two_lines_are_between_them(tmp_path: Path) -> None:
    recording = read_recording(demo(tmp_path).input)
    halfway = torch.from_numpy(recording.values[:2]).float().mean(dim=0)
    torch.testing.assert_close(recording.at(20)[1], halfway)


@pytest.mark.parametrize(("seconds", "value"), [("0.1", None), ("0.1", "a"), ("-1", "0")])
def test_a_line_that_is_no_moment_is_refused(tmp_path: Path, seconds: str, value: str | None) -> None:
    path, rest = tmp_path / "bad.csv", ["0"] * len(LABELS)
    moment = [seconds, *([] if value is None else [value] * len(LABELS))]
    path.write_text("\n".join([HEADER, ",".join(["0", *rest]), ",".join(moment)]) + "\n")
    with pytest.raises(InputError, match=r"bad\.csv"):
        read_recording(path)

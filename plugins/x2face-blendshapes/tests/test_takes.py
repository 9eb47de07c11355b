"""Reading takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from x2face_plugins import InputError

from x2face_blendshapes.demo import write_take
from x2face_blendshapes.takes import read_take

HEAD = "Timecode,BlendshapeCount,JawOpen,HeadYaw"


def write(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "take.csv"
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def test_a_take_has_its_channels_over_seconds(tmp_path: Path) -> None:
    take = read_take(write(tmp_path, "10:00:00:30.000,2,0.25,-0.5", "10:00:01:00.000,2,0.5,0"))
    assert take.seconds.tolist() == [0, 0.5] and take.length == 0.5 and take.lost == 0
    assert {name: column.tolist() for name, column in take.channels.items()} == {
        "JawOpen": [0.25, 0.5],
        "HeadYaw": [-0.5, 0],
    }


def test_rows_without_a_face_end_after_a_count_of_0_and_are_passed_over(tmp_path: Path) -> None:
    rows = ("0:0:0:00,0", "0:0:0:06,2,0.2,0", "0:0:0:12,0", "0:0:0:18,2,0.4,0", "0:0:0:30,0")
    take = read_take(write(tmp_path, *rows))
    assert take.lost == 3 and take.length == 0.5
    values = take.at(take.channels["JawOpen"][:, None], np.array([0, 0.1, 0.2, 0.3, 0.5]))
    np.testing.assert_allclose(values[:, 0], [0.2, 0.2, 0.3, 0.4, 0.4])


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    take = read_take(write(tmp_path, "0.5,0:0:0:00,7", head="jawOpen,timecode,Tilt"))
    assert list(take.channels) == ["jawOpen", "Tilt"]


def test_a_byte_order_mark_and_empty_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    path.write_text(f"\ufeff{HEAD}\n\n0:0:0:00,2,0.5,0\n\n", encoding="utf-8")
    assert read_take(path).channels["JawOpen"].tolist() == [0.5]


def test_the_demo_is_a_take(tmp_path: Path) -> None:
    take = read_take(write_take(tmp_path / "demo.csv"))
    assert take.length == pytest.approx(2.0) and len(take.seconds) == 61


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("0:0:0:06,2,0.5", "line 3"),
        ("0:0:0:06,2,0.5,0,0", "line 3"),
        ("0:0:0:06,2,wide,0", "line 3"),
        ("later,2,0.5,0", "line 3"),
        ("0:0:0:06,2,nan,0", "line 3"),
        ("0:0:0:06,2,inf,0", "line 3"),
    ],
)
def test_a_line_that_is_no_moment_is_named(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_take(write(tmp_path, "0:0:0:00,2,0,0", line))


def test_time_that_goes_back_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 3: the timecode goes back"):
        read_take(write(tmp_path, "0:0:5:00,2,0,0", "0:0:4:00,2,0,0"))


@pytest.mark.parametrize("head", ["", "seconds,roll,pitch,yaw", "Timecode", "Timecode,JawOpen,jawopen,HeadYaw", "\0\0"])
def test_another_table_is_refused(tmp_path: Path, head: str) -> None:
    with pytest.raises(InputError, match=r"take\.csv"):
        read_take(write(tmp_path, "0:0:0:00,2,0,0", head=head))


@pytest.mark.parametrize("lines", [(), ("0:0:0:00,0", "0:0:0:06,0")])
def test_a_take_without_a_face_is_refused(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="rows"):
        read_take(write(tmp_path, *lines))


def test_a_missing_take_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv"):
        read_take(tmp_path / "gone.csv")

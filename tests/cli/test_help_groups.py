"""The groups of `x2face run --help`, and what is said when a film is done."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click
import numpy as np
import pytest
import torch

from x2face_cli.app import main
from x2face_cli.help_groups import GROUPS, grouped
from x2face_cli.run import run
from x2face_cli.showing import closing_lines, next_step
from x2face_core.suitability.movement import Movement, blinks
from x2face_plugins.run_options import RunOptions


def test_common_options_come_first_and_those_for_experts_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--driver", "pose", "--help"]) == 0
    said = capsys.readouterr().out
    places = [said.index(f"\n{title}:") for title in (*GROUPS, "--driver pose", "For experts")]
    assert places == sorted(places)
    common, pose, experts = (said.index(word) for word in ("--source PICTURE", "--pose-yaw", "--batch-size"))
    assert places[0] < common < places[1]
    assert places[-2] < pose < places[-1] < experts


def test_every_option_is_in_one_group() -> None:
    params = run.get_params(click.Context(run))
    shown = [option.name for _, options in grouped(params) for option in options]
    assert sorted(shown) == sorted(one.name for one in params)
    assert {name for names in GROUPS.values() for name in names} <= {*shown, "help", "driver"}
    assert {one.name for one in fields(RunOptions)} <= set(shown)


def readings(frames: int = 50, **numbers: Any) -> torch.Tensor:
    rows = torch.zeros(frames, 7)
    rows[:, 5:] = 0.3
    for name, values in numbers.items():
        rows[:, {"pitch": 1, "yaw": 2, "mouth": 3}[name]] = torch.as_tensor(values).float()
    return rows


def words(rows: torch.Tensor) -> str:
    movement = Movement()
    for row in rows.split(8):
        movement.add(row)
    return movement.words()


def test_what_moved_is_told_in_words() -> None:
    turning = readings(yaw=np.linspace(-15, 16, 50), pitch=np.linspace(0, 2, 50), mouth=np.tile([0.0, 0.09], 25))
    assert words(turning) == "head turns 30°, mouth opens wide"
    blinking = readings(mouth=np.tile([0.0, 0.03], 25))
    blinking[10:13, 5:] = blinking[30:33, 5:] = 0.1
    assert words(blinking) == "head still, mouth opens, 2 blinks"
    assert Movement().words() == ""


def test_a_blink_that_flutters_is_one() -> None:
    assert blinks(np.array([0.3, 0.1, 0.2, 0.1, 0.3, 0.3, 0.3, 0.1, 0.3], np.float32)) == 2


REPORT: dict[str, Any] = {
    "frames": 50, "seconds": 2.0, "fps": 25.0, "size": [256, 256], "moved": "head still",
    "drivers": [{"name": "frame", "kind": "offset", "rms": 0.25}],
}  # fmt: skip


OPTIONS = {"finish": "none", "paste_back": False, "source_motion": "still", "background": "move", "manifest": False}


def test_a_run_ends_with_what_was_made_and_one_next_step() -> None:
    assert list(closing_lines(REPORT, "--mark TEXT")) == [
        "50 frames, 2.0 s at 25 a second, 256x256: head still",
        "frame 0.25",
        "next: --mark TEXT",
    ]


@pytest.mark.parametrize(
    ("drivers", "given", "step"),
    [
        (["frame"], {}, "--finish poisson"),
        (["audio"], {}, "--idle moves"),
        (["frame"], {"finish": "poisson"}, "--background keep"),
        (["frame"], {"finish": "poisson", "background": "keep"}, "--paste-back"),
        (["pose"], {"paste_back": True}, "--background keep"),
        (["frame"], {"finish": "poisson", "background": "keep", "paste_back": True}, "--manifest"),
        (["audio"], {"source_motion": "keep"}, "--manifest"),
        (["audio"], {"source_motion": "keep", "manifest": True}, ""),
    ],
)
def test_the_next_step_is_one_that_was_not_taken(drivers: list[str], given: dict[str, Any], step: str) -> None:
    assert next_step(drivers, OPTIONS | given, REPORT | {"view": [0, 0, 256, 256]}).startswith(step)


@pytest.mark.parametrize(
    ("width", "side", "step"),
    [
        (256, 400.0, "--background"),
        (256, 560.7, "--size 512 "),
        (256, 2000.0, "--size 512 "),
        (64, 200.3, "--size 200 "),
        (512, 2000.0, "--background"),
    ],
)
def test_a_source_with_more_pixels_is_worth_a_larger_film(width: int, side: float, step: str) -> None:
    report = REPORT | {"size": [width, width], "view": [0, 0, side, side]}
    assert next_step(["pose"], OPTIONS, report).startswith(step)

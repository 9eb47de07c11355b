"""Which drivers a line names, and whose an option is where two drivers are called alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Result
from tests.testkit import nodding
from x2face_cli.run import named, run
from x2face_plugins.checking import RESERVED_NAMES

Run = Callable[..., Result]
NOD = Path(nodding.__file__).read_text(encoding="utf-8")
FRAME = NOD.replace('name="nod"', 'name="frame"').replace("size: float", "input: float")


def test_after_a_full_name_the_bare_option_is_that_driver_s() -> None:
    line = ["-s", "a", "--nod", "x", "--driver", "acme:nod", "--frame=f.mp4", "--driver=acme:frame"]
    assert named(line, ["frame", "idle"]) == ["acme:nod", "acme:frame"]
    assert named(["--frame", "f.mp4", "--driver", "idle"], ["frame", "idle"]) == ["frame", "idle"]


def test_drivers_that_are_called_alike_do_not_share_a_run(x2face: Run, install: Callable) -> None:
    install("acme-nod", NOD)
    install("other-nod", NOD)
    result = x2face("run", "-s", "a.png", "--driver", "acme-nod:nod", "--driver", "other-nod:nod")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "acme-nod:nod and other-nod:nod would share the options --nod-…; name one of them." in result.err


def test_a_driver_named_twice_is_one_driver_too_many(x2face: Run) -> None:
    result = x2face("run", "-s", "a.png", "--driver", "frame", "--driver", "x2face:frame")
    assert result.code == 2 and "would share the options --frame-…" in result.err


def test_a_stranger_s_frame_is_used_by_its_full_name_only(x2face: Run, install: Callable) -> None:
    install("acme-frame", FRAME)
    assert "--frame FILM" in x2face("run", "--driver", "frame", "--help").out
    assert "--frame FLOAT" in x2face("run", "--driver", "acme-frame:frame", "--help").out.replace("NUMBER", "FLOAT")


def test_no_driver_can_be_called_like_the_beginning_of_an_option_of_run() -> None:
    own = [option for param in run.params if isinstance(param, click.Option) for option in param.opts]
    long = {option[2:].partition("-")[0] for option in own if option.startswith("--")}
    verbose = {"verbose", "quiet", "help", "version"}
    assert long | verbose <= RESERVED_NAMES


@pytest.mark.parametrize("names", [["-s", "a", "-o", "b"], ["--driver"], []])
def test_a_line_without_drivers_names_none(names: list[str]) -> None:
    assert named(names, ["frame"]) == []

"""How long stages take, by a clock that is set by hand."""

from __future__ import annotations

import pytest

from x2face_cli.timing import Timing, spell


def test_each_stage_is_told_once_from_its_own_start(capsys: pytest.CaptureFixture[str]) -> None:
    now, shown = [100.0], []
    timing = Timing(lambda *done: shown.append(done), lambda: now[0])
    for stage, done, at in (("near", 1, 101.0), ("near", 2, 104.0), ("near", 20, 160.0), ("far", 4, 170.0)):
        now[0] = at
        timing(stage, done, 20)
    assert capsys.readouterr().err.splitlines() == ["near: about 40 s", "far: about 50 s"]
    assert shown[-1] == ("far", 4, 20)
    assert timing.total() == "1 min 10 s"


def test_a_stage_of_unknown_length_is_passed_on_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    Timing(lambda *done: shown.append(done))("listening", 3, None)
    assert shown == [("listening", 3, None)]
    assert capsys.readouterr().err == ""


def test_times_are_spelt_as_they_are_said() -> None:
    assert [spell(seconds) for seconds in (39.6, 60, 3599, 7500)] == ["40 s", "1 min 0 s", "59 min 59 s", "2 h 5 min"]

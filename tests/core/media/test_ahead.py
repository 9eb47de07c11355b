from __future__ import annotations

import gc
import subprocess
import sys
from threading import Event

import pytest

from x2face_core.media.ahead import Ahead, Stopped, refuse_stopped


def test_the_result_is_there_when_it_is_asked_for_and_work_begins_before() -> None:
    begun = Event()

    def work(stopped: Event) -> int:
        begun.set()
        return 7

    ahead = Ahead(work)
    assert begun.wait(600)
    assert [ahead(), ahead()] == [7, 7]


def test_what_the_work_raises_is_raised_where_the_result_is_asked_for() -> None:
    def work(stopped: Event) -> int:
        raise ValueError("no face")

    ahead = Ahead(work)
    with pytest.raises(ValueError, match="no face"):
        ahead()


def test_work_whose_result_nobody_can_ask_for_any_more_is_stopped() -> None:
    ended = Event()

    def work(stopped: Event) -> None:
        assert stopped.wait(600)
        try:
            refuse_stopped(stopped)
        except Stopped:
            ended.set()
            raise

    ahead = Ahead(work)
    assert not ended.is_set()
    del ahead
    gc.collect()
    assert ended.is_set()


def test_a_program_that_ends_stops_the_work_first() -> None:
    program = (
        "from x2face_core.media.ahead import Ahead\n"
        "ahead = Ahead(lambda stopped: print(stopped.wait(3600), flush=True))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600, check=True)
    assert done.stdout == "True\n"

"""Films wait in a line, which one can leave."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from x2face_core.errors import UsageError
from x2face_web.films import FilmRequest, FilmTask
from x2face_web.turns import Turns


def asked(turns: Turns, folder: Path) -> FilmTask:
    folder.mkdir()
    request = FilmRequest(sources=[], words={}, folder=folder, output="out.mp4", command="")
    session: Any = None  # which no film that waits needs
    return FilmTask(request, session, turns)


def test_whoever_waits_is_next_when_those_before_have_left() -> None:
    turns, order = Turns(most=2), []

    def work(who: str) -> None:
        turns.wait(who, unless=lambda: False)
        order.append(who)
        turns.leave(who)

    turns.join("at work")
    threads = []
    for who in ("one", "other"):
        turns.join(who)
        threads.append(threading.Thread(target=work, args=(who,)))
    for thread in reversed(threads):
        thread.start()
    assert [turns.before(who) for who in ("at work", "one", "other")] == [0, 1, 2] and order == []
    turns.leave("at work")
    for thread in threads:
        thread.join(600)
    assert order == ["one", "other"]


def test_a_film_that_waits_is_cancelled_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    turns = Turns(most=2)
    turns.join("at work")
    task = asked(turns, tmp_path / "film")
    task.start()
    assert task.before == 1 and not task.wait(0.2)
    task.cancel()
    assert task.wait(600) and "cancelled" in str(task.error)
    assert not task.request.folder.exists() and task.before == 0


def test_a_film_too_many_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    turns = Turns(most=1)
    turns.join("at work"), turns.join("waits")
    task = asked(turns, tmp_path / "film")
    with pytest.raises(UsageError, match="1 films wait already"):
        task.start()
    assert task.wait(0) and not task.request.folder.exists()

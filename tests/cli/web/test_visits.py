"""Visits: a folder a page, shown to its own browser only, and gone when the page is closed."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from x2face_core.errors import UsageError
from x2face_web.visits import Visits


@pytest.fixture
def visits(tmp_path: Path) -> Visits:
    return Visits(tmp_path, most=2)


def task(*files: Path, refused: bool = False, log: list[str] | None = None) -> Any:
    """A film in the making, which ends when it is cancelled. log: gets what is asked of it"""
    ended, asked = threading.Event(), [] if log is None else log

    def start() -> None:
        asked.append("start")
        if refused:
            raise UsageError("8 films wait already")

    def cancel() -> None:
        asked.append("cancel")
        ended.set()

    return SimpleNamespace(
        files=files, start=start, cancel=cancel, wait=ended.wait, end=ended.set, remove=lambda: asked.append("remove")
    )


def test_a_page_keeps_its_visit_and_another_has_its_own(visits: Visits) -> None:
    one = visits.of("page", "me")
    assert visits.of("page", "me") is one
    other = visits.of("next", "me")
    assert other is not one and other.folder != one.folder
    assert oct(one.folder.stat().st_mode)[-3:] == "700"


def test_another_browser_does_not_get_at_a_visit_by_its_key(visits: Visits) -> None:
    visits.of("page", "me")
    with pytest.raises(UsageError, match="another browser"):
        visits.of("page", "you")


def test_too_many_pages_are_refused_until_one_is_closed(visits: Visits) -> None:
    visits.of("a", "me"), visits.of("b", "me")
    with pytest.raises(UsageError, match="2 pages are open"):
        visits.of("c", "me")
    visits.close("a")
    visits.of("c", "me")


def test_closing_a_page_ends_its_film_and_removes_its_files(visits: Visits) -> None:
    visit = visits.of("page", "me")
    (visit.folder / "film.mp4").write_bytes(b"film")
    visit.task = task()
    assert visits.close("page") == "me"
    assert visit.closed and visit.task.wait(0) and not visit.folder.exists() and len(visits) == 0
    assert visits.close("page") is None
    with pytest.raises(UsageError, match="closed"):
        visits.of("page", "me")
    with pytest.raises(UsageError, match="closed"):
        visit.loaded()  # by a call that was under way


def test_a_film_takes_the_place_of_the_one_before(visits: Visits) -> None:
    log: list[str] = []
    later: list[str] = []
    visit = visits.of("page", "me")
    before = visit.begin(task(log=log))
    visit.begin(after := task(log=later))
    assert visit.task is after
    assert (log, later) == (["start", "cancel", "remove"], ["start"])
    assert before.wait(0)


def test_a_film_that_is_ready_stays_if_the_next_cannot_begin(visits: Visits) -> None:
    log: list[str] = []
    visit, ready = visits.of("page", "me"), task(log=log)
    visit.begin(ready)
    ready.end()
    with pytest.raises(UsageError, match="wait already"):
        visit.begin(task(refused=True))
    assert visit.task is ready and log == ["start"]


def test_of_films_that_are_begun_at_once_one_goes_on(visits: Visits) -> None:
    visit = visits.of("page", "me")
    films = [task() for _ in range(4)]
    threads = [threading.Thread(target=visit.begin, args=(one,)) for one in films]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in films if not one.wait(0)] == [visit.task]


def test_a_page_that_was_closed_meanwhile_makes_no_film(visits: Visits) -> None:
    visit = visits.of("page", "me")
    visits.close("page")
    assert visit.begin(task()).wait(0)


def test_when_all_pages_close_no_film_begins_in_the_place_of_another(visits: Visits) -> None:
    log: list[str] = []
    for name in ("one", "two"):
        visits.of(name, "me").task = (made := task(log=log))
        made.wait = lambda seconds=None: log.append("wait")
    visits.close_all()
    assert log[:3] == ["cancel", "cancel", "cancel"] and log.count("wait") == 2 and len(visits) == 0


def test_a_browser_is_gone_with_its_last_page(visits: Visits) -> None:
    visits.of("a", "me"), visits.of("b", "me")
    assert visits.close("a") is None
    assert visits.close("b") == "me"


def test_results_are_for_the_browser_that_made_them(visits: Visits) -> None:
    visit = visits.of("page", "me")
    (folder := visit.folder / "film-1").mkdir()
    (film := folder / "out.mp4").write_bytes(b"film")
    visit.task = task(film)
    assert visits.file(visit.token, "film-1", "out.mp4", "me") == film
    assert visits.file(visit.token, "film-1", "out.mp4", "you") is None
    assert visits.file("x" * 24, "film-1", "out.mp4", "me") is None
    assert visits.file("é" * 24, "film-1", "out.mp4", "me") is None
    assert visits.file("\udce9", "film-1", "out.mp4", "me") is None
    assert visits.file(visit.token, "film-1", "../secret", "me") is None
    assert visits.file(visit.token, "film-2", "out.mp4", "me") is None
    film.unlink()
    assert visits.file(visit.token, "film-1", "out.mp4", "me") is None

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


def task(*files: Path) -> Any:
    ended = threading.Event()
    return SimpleNamespace(files=files, cancel=ended.set, wait=ended.wait)


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
    assert visits.file(visit.token, "film-1", "../secret", "me") is None
    assert visits.file(visit.token, "film-2", "out.mp4", "me") is None
    film.unlink()
    assert visits.file(visit.token, "film-1", "out.mp4", "me") is None

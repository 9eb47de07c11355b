"""Whose sound the film gets does not depend on the order of drivers."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.soundtrack import soundtrack

from ...acting import active

FILM, SPEECH = Path("film.mp4"), Path("speech.wav")


def driver(name: str, sound: Path | None, **more: Any) -> ActiveDriver:
    return active(name, None, sound=sound, **more)


def test_a_driver_without_sound_does_not_hide_another_s() -> None:
    for order in permutations((driver("frame", FILM), driver("pose", None))):
        assert soundtrack(order).path == FILM and soundtrack(order).remark is None


def test_whoever_moves_to_the_sound_is_heard_and_the_run_says_so() -> None:
    for order in permutations((driver("frame", FILM), driver("audio", SPEECH, follows_sound=True))):
        found = soundtrack(order)
        assert found.path == SPEECH
        assert found.remark == (
            "The film has audio's sound (speech.wav), not frame's (film.mp4); --sound FILE takes another."
        )


def test_of_films_the_first_is_heard_and_the_run_says_so() -> None:
    found = soundtrack([driver("one", FILM), driver("two", SPEECH)])
    assert found.path == FILM and "not two's (speech.wav)" in (found.remark or "")


def test_one_file_for_two_drivers_needs_no_word() -> None:
    found = soundtrack([driver("frame", FILM), driver("audio", FILM.absolute(), follows_sound=True)])
    assert found.path == FILM.absolute() and found.remark is None


def test_nobody_s_sound_is_none() -> None:
    assert soundtrack([driver("pose", None)]).path is None and soundtrack([]).path is None

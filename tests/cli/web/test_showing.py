"""What the page says: escaped, and without the places of the server's files."""

from __future__ import annotations

from pathlib import Path

from x2face_core.errors import NoFaceError
from x2face_web import showing

PLACE = "/tmp/.x2face-c7r_k0i7/uploads/afc60a362b1c147adf7e5dd727bf80fc2a903665484540f7b4738402a40b0557"


def test_errors_name_files_and_not_where_the_server_keeps_them() -> None:
    assert showing.problem(NoFaceError(f"{PLACE}/a b.png: no face")).endswith(">a b.png: no face</p>")
    film = "/tmp/.x2face-c7r_k0i7/visits/0123abc/film-x_1/hand.x2v"
    assert showing.note(f"--track {film}: is odd") == '<p role="status">--track hand.x2v: is odd</p>'
    advice = showing.advice([("a.png", NoFaceError(f"{PLACE}/a.png: none"))])
    assert "Not usable" in advice and "/tmp" not in advice


def test_nothing_that_a_file_or_an_error_says_becomes_a_part_of_the_page() -> None:
    assert "<b>" not in showing.problem(NoFaceError("<b>x</b>")) + showing.note("<b>") + showing.command("<b>")
    report = {"frames": 3, "seconds": 0.1, "fps": 25.0, "warnings": [f"{PLACE}/w.mp4: <b>"], "advice": []}
    shown = showing.result("t", film := Path("/x/film-1/<b>.mp4"), [film], report)
    assert "<b>" not in shown and PLACE not in shown and "3 frames, 0.1 s" in shown


def test_a_bug_is_told_by_its_kind_and_not_by_its_text() -> None:
    told = showing.problem(ValueError("secret"))
    assert "bug of the studio (ValueError)" in told and "secret" not in told


def test_it_is_told_how_many_films_are_made_before_one_that_waits() -> None:
    assert "1 film is made before" in showing.waiting(1) and "3 films are made before" in showing.waiting(3)

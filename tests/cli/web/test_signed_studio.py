"""Films of the studio that are signed, and films that keep their own motion, with the packaged weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import HOLDER, write_credentials
from x2face_core.media.video import probe
from x2face_core.rendering.signing import validity
from x2face_lab.demo.inputs import FILM, SPEECH
from x2face_plugins.session import Session
from x2face_web.film_requests import FilmForm, film_request
from x2face_web.films import FilmTask
from x2face_web.limits import StudioOptions
from x2face_web.showing import result
from x2face_web.studio import Studio
from x2face_web.visits import Visits


def made(
    options: StudioOptions, folder: Path, source: Path, own: dict[str, Any], driver: str, **given: Any
) -> FilmTask:
    studio = Studio.of(Session.load(), options)
    visit = Visits(folder, 1).of("page", "me")
    studio.load(visit, [source])
    panel = next(one for one in studio.panels if one.name == driver)
    task = FilmTask(film_request(studio, visit, FilmForm(own=own, used=[(panel, given)])), studio.session, studio.turns)
    task.start()
    assert task.wait(600)
    assert task.error is None and task.report is not None
    return task


@pytest.mark.weights
def test_films_are_signed_and_no_download_names_the_key(tmp_path: Path) -> None:
    pytest.importorskip("c2pa", reason="needs the extra c2pa")
    from skimage.data import astronaut

    from x2face_core.media.images import write_picture

    chain, key = write_credentials(tmp_path)
    write_picture(photo := tmp_path / "astronaut.png", astronaut())
    (tmp_path / "visits").mkdir()
    options = StudioOptions(max_seconds=2, c2pa_certificate=chain, c2pa_key=key)
    task = made(options, tmp_path / "visits", photo, {"seconds": 0.12}, "idle")
    film, manifest, *_ = task.files
    with film.open("rb") as file:
        assert validity("video/mp4", file)[0] == "Valid"
    assert task.report is not None and task.report["signed_by"] == HOLDER
    assert f"Signed by {HOLDER} (C2PA)." in result("token", film, task.files, task.report)
    assert "pem" not in task.request.command + manifest.read_text()


@pytest.mark.weights
def test_a_film_is_dubbed_without_a_track(tmp_path: Path) -> None:
    film = Path(shutil.copy(FILM, tmp_path / "film.mp4"))
    (tmp_path / "visits").mkdir()
    own = {"seconds": 0.2, "source_motion": "keep"}
    task = made(StudioOptions(), tmp_path / "visits", film, own, "audio", input=str(SPEECH))
    made_film, source = probe(task.files[0]), probe(film)
    assert (made_film.width, made_film.height) == (source.width, source.height)
    assert made_film.sound and made_film.frames == round(0.2 * source.fps)
    assert [one.suffix for one in task.files] == [".mp4", ".json"]


def test_a_certificate_is_the_server_s_and_no_visitor_is_asked_for_one() -> None:
    pytest.importorskip("gradio", reason="needs the extra web")
    from x2face_web.page import OF_SERVER

    assert {"c2pa_certificate", "c2pa_key"} <= set(OF_SERVER)
    assert StudioOptions().signing == {}


def test_a_certificate_that_cannot_sign_is_told_before_the_page_is_served(
    tmp_path: Path, x2face: Callable[..., Any]
) -> None:
    half = x2face("web", "--port", "0", "--c2pa-key", str(tmp_path / "key.pem"))
    assert half.code == 2 and "give --c2pa-certificate too." in half.err
    pytest.importorskip("c2pa", reason="needs the extra c2pa")
    chain, key = write_credentials(tmp_path, may_sign=False)
    refused = x2face("web", "--port", "0", "--c2pa-certificate", str(chain), "--c2pa-key", str(key))
    assert refused.code == 3 and refused.err.count("\n") == 1 and "chain.pem: cannot sign (" in refused.err

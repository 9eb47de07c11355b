"""What a page does with inputs that cannot be, with two users, and when it is closed: a sentence, and nothing left."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from x2face_core.media.images import write_picture
from x2face_core.media.video import probe
from x2face_core.media.writing import write_film

from .browsing import Studio
from .conftest import Running, running

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    """A film without a face."""
    write_film(path := tmp_path / "wall.mp4", iter(np.full((20, 120, 160, 3), 110, np.uint8)), 25.0)
    return path


def test_an_upload_of_500_megabytes_is_refused_by_the_page(
    visit: Callable[..., Studio], studio: Running, photo: Path, tmp_path: Path
) -> None:
    page = visit()
    with (large := tmp_path / "large.png").open("wb") as file:
        file.truncate(500_000_000)
    page.upload("source", large)
    page.page.get_by_text('exceed the maximum allowed size of 20.0 Mb: "large.png"').first.wait_for()
    assert "large.png" not in studio.kept()
    page.page.reload()
    page.load(photo)


def test_an_upload_that_does_not_say_how_large_it_is_is_cut_off(studio: Running) -> None:
    """As a program sends it that does not ask the page."""
    at = urlsplit(studio.address)
    headers = {"content-type": "multipart/form-data; boundary=b", "transfer-encoding": "chunked"}

    def body() -> Any:
        yield b'--b\r\ncontent-disposition: form-data; name="files"; filename="large.png"\r\n\r\n'
        for _ in range(60):
            yield b"\0" * 1_000_000
        yield b"\r\n--b--\r\n"

    connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=600)
    with closing(connection), suppress(BrokenPipeError, ConnectionResetError):  # it need not hear all of it
        connection.request("POST", "/gradio_api/upload", body(), headers, encode_chunked=True)
        assert connection.getresponse().status == 413
    assert [one for one in studio.files.rglob("*") if one.is_file() and one.stat().st_size > 20 * 2**20 + 10_000] == []


@pytest.mark.parametrize("kind", ["text", "nothing", "bomb"])
def test_what_is_no_picture_is_told_in_a_sentence(
    kind: str, visit: Callable[..., Studio], photo: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes({"text": b"This is no picture.", "nothing": b" ", "bomb": photo.read_bytes()[:2000]}[kind])
    studio = visit()
    studio.upload("source", bad)
    said = studio.says("advice", "bad.png")
    assert said.count("\n") == 0 and "Traceback" not in said
    studio.page.locator("#advice [role=alert]").wait_for()
    studio.page.locator("#source").get_by_role("button", name="Clear").click()
    studio.load(photo)


def test_a_film_without_a_face_is_told_as_source_and_as_driver(
    visit: Callable[..., Studio], photo: Path, wall: Path, studio: Running
) -> None:
    page = visit()
    page.upload("source", wall)
    assert "no face" in page.says("advice", "wall.mp4")
    page.page.reload()
    page.load(photo)
    page.unfold("frame – ")
    page.upload("frame-input", wall)
    page.page.wait_for_function("document.querySelector('#use-frame input').checked")
    page.page.click("#make")
    assert "no face" in page.says("progress", "wall.mp4")
    assert [one for one in studio.kept() if one.endswith(("x2v", "json")) or "--" in one] == []


def test_what_was_said_of_a_face_goes_with_it(visit: Callable[..., Studio], photo: Path) -> None:
    page = visit()
    page.use("idle")
    page.says("command", "No command line yet: No face is loaded yet")
    page.load(photo)
    page.page.wait_for_selector("#command textarea")  # now there is one, without a further change
    page.says("preview-status", "One picture of the face is used.")
    page.page.locator("#source").get_by_role("button", name="Clear").click()
    page.says("advice", "Choose a picture of a face.")
    page.page.wait_for_function("document.querySelector('#preview-status').innerText.trim() === ''")
    page.says("command", "No command line yet: No face is loaded yet")


def test_a_driver_without_its_input_is_told_in_the_page_s_words(visit: Callable[..., Studio], photo: Path) -> None:
    page = visit()
    page.load(photo)
    page.use("edit")
    told = "edit input is needed: upload it, or take edit out of use."
    page.says("canvas-status", told)
    page.says("command", told)
    page.page.click("#make")
    page.says("progress", told)


def test_two_users_at_once_have_their_own_faces_and_not_the_other_s_files(
    visit: Callable[..., Studio], photo: Path, tmp_path: Path
) -> None:
    write_picture(mirrored := tmp_path / "mirrored.png", np.ascontiguousarray(_read(photo)[:, ::-1]))
    one, other = visit(), visit()
    one.load(photo)
    other.load(mirrored)
    assert one.preview() != other.preview()
    for page in (one, other):
        page.use("idle")
        page.unfold("Options of the film")
        page.fill("seconds", "0.4")
        page.page.click("#make")
    for page in (one, other):
        page.says("progress", "The film is ready.")
        assert probe(page.download(".mp4", tmp_path)).frames == 10
    uploads = [address for address in one.asked if "/file=" in address]
    films = [address for address in one.asked if "/studio/files/" in address and address.endswith(".mp4")]
    assert films
    for address in {*uploads, *films}:
        assert one.page.request.get(address).status == 200
        assert other.page.request.get(address).status in (403, 404)


def test_a_film_waits_for_another_user_s_and_can_be_cancelled_meanwhile(
    visit: Callable[..., Studio], photo: Path
) -> None:
    one, other = visit(), visit()
    for page in (one, other):
        page.load(photo)
        page.use("idle")
        page.unfold("Options of the film")
    one.begin_long_film()
    other.page.click("#make")
    other.says("progress", "Waiting: 1 film is made before this one.")
    other.page.click("#cancel")
    other.says("progress", "The film was cancelled; nothing of it remains.")
    one.page.click("#cancel")
    one.says("progress", "The film was cancelled; nothing of it remains.")


def _read(path: Path) -> np.ndarray:
    from x2face_core.media.images import read_picture

    return read_picture(path)


def test_a_page_that_is_closed_in_the_middle_leaves_nothing_and_the_server_goes_on(
    visit: Callable[..., Studio], photo: Path, studio: Running, tmp_path: Path
) -> None:
    write_picture(own := tmp_path / "own.png", _read(photo)[3:, 3:])  # uploads of the same content share a folder
    until(lambda: studio.visits() == [])
    before = set(studio.uploads())  # what was made for pages that had closed goes a minute later
    page = visit()
    page.load(own)
    assert len(studio.visits()) == 1 and set(studio.uploads()) - before
    page.use("idle")
    page.unfold("Options of the film")
    page.begin_long_film()
    page.page.close()
    until(lambda: studio.visits() == [] and set(studio.uploads()) <= before)
    until(lambda: studio.kept() == [])  # what was made for earlier pages, too
    visit().load(photo)


def test_a_server_that_is_ended_while_a_page_is_open_says_one_line(browser: Any, tmp_path: Path) -> None:
    (folder := tmp_path / "workplace").mkdir()
    with running(folder) as one:
        context = browser.new_context()
        Studio(context, one.address)
    context.close()
    said = (tmp_path / "workplace.log").read_text().split("\n")
    assert [line for line in said if line] == ["x2face: interrupted"]


def until(holds: Callable[[], bool], seconds: float = 180.0) -> None:
    """Wait until something holds."""
    since = time.monotonic()
    while not holds():
        assert time.monotonic() - since < seconds, "it does not come to be"
        time.sleep(0.2)


CANVAS = """async ([side, height]) => {
    const config = window.gradio_config, of = id => config.components.find(one => one.id === id);
    const canvas = config.components.find(one => one.props.elem_id === 'canvas').id;
    const status = config.components.find(one => one.props.elem_id === 'canvas-status').id;
    const preview = config.components.find(one => one.props.elem_id === 'preview').id;
    const paint = config.dependencies.find(
        one => one.targets.some(([id, event]) => id === canvas && event === 'change') && one.outputs.includes(preview));
    const drawn = new OffscreenCanvas(side, height), pen = drawn.getContext('2d');
    pen.fillStyle = 'rgb(200, 30, 30)';
    pen.fillRect(side / 4, height / 4, side / 2, height / 8);
    const form = new FormData();
    form.append('files', await drawn.convertToBlob(), 'layer.png');
    const [path] = await (await fetch('gradio_api/upload', {method: 'POST', body: form})).json();
    const layer = {path, meta: {_type: 'gradio.FileData'}};
    const data = paint.inputs.map(
        id => id === canvas ? {background: null, layers: [layer], composite: null} : of(id).props.value ?? null);
    const asked = {fn_index: paint.id, data, session_hash: SESSION};
    const headers = {'content-type': 'application/json'};
    const answer = await fetch('gradio_api/run/predict', {method: 'POST', headers, body: JSON.stringify(asked)});
    return JSON.stringify(await answer.json());
}"""
"""Sends a layer of any size, as the canvas itself never does."""


@pytest.mark.parametrize(
    ("size", "told"),
    [((900, 700), "The canvas has 900x700 pixels and the face is square"), ((1024, 1024), "data:image/jpeg")],
)
def test_a_canvas_larger_than_the_face_is_fitted_or_told(
    size: tuple[int, int], told: str, visit: Callable[..., Studio], photo: Path
) -> None:
    studio = visit()
    studio.load(photo)
    session = next(one for one in studio.asked if "/heartbeat/" in one).rpartition("/")[2]
    assert told in studio.page.evaluate(CANVAS.replace("SESSION", f"'{session}'"), list(size))

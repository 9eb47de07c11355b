"""The studio in a browser, used as people do: `pytest -m browser tests/cli/web`."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.sound import sound_seconds
from x2face_core.media.video import probe, read_frames
from x2face_core.streaming.motion_file import read_motion
from x2face_lab.demo.inputs import SPEECH
from x2face_plugins.manifest import read_manifest
from x2face_web.canvas import write_preset

from .browsing import Studio
from .conftest import Running, running

pytestmark = [pytest.mark.browser, pytest.mark.weights, pytest.mark.slow]


def pixels(preview: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(preview.partition(",")[2])))).astype(float)


def red(picture: np.ndarray) -> float:
    """The share of a picture that has the brush's colour."""
    return float(((picture[..., 0] > 150) & (picture[..., 1] < 90) & (picture[..., 2] < 90)).mean())


def test_load_paint_slide_speak_and_download(visit: Callable[..., Studio], photo: Path, tmp_path: Path) -> None:
    studio = visit()
    studio.load(photo)
    assert "Good portrait.png, faces: one face." in studio.page.inner_text("#advice")
    still = pixels(studio.preview())
    painted = pixels(studio.changes(studio.paint))
    assert red(still) < 0.001 < 0.003 < red(painted)
    turned = pixels(studio.changes(lambda: studio.slide("pose-yaw", 20)))
    assert np.abs(turned - painted).mean() > 3
    assert red(turned) > 0.002, "paint goes with the face"
    assert "pose yaw +20" in studio.page.get_attribute("#preview-picture", "alt")
    studio.unfold("audio – ")
    studio.upload("audio-input", SPEECH)
    studio.page.wait_for_function("document.querySelector('#use-audio input').checked")
    studio.unfold("Options of the film")
    studio.fill("seconds", "1")
    studio.make()
    film = studio.download(".mp4", tmp_path)
    info = probe(film)
    assert (film.name, info.frames, info.width, info.sound) == ("portrait--speech.mp4", 25, 256, True)
    assert min(red(frame.astype(float)) for frame in read_frames(film)) > 0.003
    assert len(read_motion(studio.download(".x2v", tmp_path)).offsets) == 25
    assert read_manifest(studio.download(".json", tmp_path)).output["path"] == film.name
    with zipfile.ZipFile(studio.download(".zip", tmp_path)) as preset:
        assert sorted(preset.namelist()) == ["paint.png", "preset.json"]
    said = studio.page.input_value("#command textarea")
    assert said.startswith("x2face run -s portrait.png --audio speech.wav --seconds 1 --embedded paint.png -o ")
    shown = (
        "(async () => { const film = document.querySelector('#film'); await film.play(); return film.videoWidth })()"
    )
    assert studio.page.evaluate(shown) == 256
    assert studio.hosts == {"127.0.0.1"}
    assert studio.faults == []


def test_a_sound_is_recorded_and_drives(visit: Callable[..., Studio], photo: Path, tmp_path: Path) -> None:
    studio = visit(permissions=["microphone"])
    studio.load(photo)
    studio.unfold("audio – ")
    recorder = studio.page.locator("#audio-input-recorded")
    recorder.locator("button", has_text="Record").click()
    studio.page.wait_for_timeout(2500)
    recorder.locator("button", has_text="Stop").first.click()
    studio.page.wait_for_function("document.querySelector('#use-audio input').checked")
    assert studio.page.locator("[aria-label='Share']").count() == 0, "it would go to a site elsewhere"
    studio.make()
    info = probe(studio.download(".mp4", tmp_path))
    assert info.sound and info.seconds is not None and 0.5 < info.seconds < 8
    assert "--audio audio-recorded.wav" in studio.page.input_value("#command textarea")
    assert sound_seconds(studio.download("audio-recorded.wav", tmp_path)) == pytest.approx(info.seconds, abs=0.1)


def test_several_pictures_of_one_person_and_one_by_the_camera_make_one_face(
    visit: Callable[..., Studio], photo: Path, tmp_path: Path
) -> None:
    studio = visit(permissions=["camera"])
    write_picture(mirrored := tmp_path / "mirrored.png", np.ascontiguousarray(read_picture(photo)[:, ::-1]))
    studio.upload("source", photo, mirrored)
    studio.says("preview-status", "2 pictures of the face are used.")
    assert "mirrored.png" in studio.page.inner_text("#advice")
    studio.unfold("Take a picture with the camera")
    camera = studio.page.locator("#camera")
    camera.get_by_text("Access Webcam").click()
    camera.get_by_role("button", name="capture").click()
    studio.says("preview-status", "3 pictures of the face are used.")
    assert studio.page.locator("[aria-label='Share']").count() == 0, "it would go to a site elsewhere"
    studio.use("idle")
    studio.page.wait_for_selector("#command textarea")
    said = studio.page.input_value("#command textarea")
    assert said.startswith("x2face run -s portrait.png -s mirrored.png -s camera.png --idle ")
    studio.unfold("Options of the film")
    studio.fill("seconds", "0.2")
    studio.make()
    assert read_picture(studio.download("camera.png", tmp_path)).ndim == 3


def test_a_preset_of_several_pictures_is_painted_and_one_without_them_is_told(
    visit: Callable[..., Studio], photo: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (8, 8), (220, 20, 20)).save(stamp := tmp_path / "stamp.png")
    places: list[dict[str, Any]] = [{"at": "left_cheek"}, {"at": "right_cheek"}]
    write_preset(packed := tmp_path / "mask.zip", None, [{"layer": stamp, "scale": 0.1, **one} for one in places])
    studio = visit()
    studio.load(photo)
    studio.unfold("edit – ")
    shown = pixels(studio.changes(lambda: studio.upload("edit-input", packed)))
    assert studio.page.is_checked("#use-edit input")
    assert min(red(shown[:, :128]), red(shown[:, 128:])) > 0.002
    (alone := tmp_path / "preset.json").write_text('{"layers": [{"layer": "/etc/logo.png"}]}')
    studio.page.locator("#edit-input").get_by_role("button", name="Clear").click()
    studio.upload("edit-input", alone)
    studio.says("canvas-status", "preset.json: names pictures that were not uploaded with it; pack preset")


def test_what_the_sliders_show_is_held_and_a_running_film_is_cancelled(
    visit: Callable[..., Studio], photo: Path, studio: Running, tmp_path: Path
) -> None:
    page = visit()
    page.load(photo)
    page.changes(lambda: page.slide("pose-pitch", 15))
    page.page.check("#hold input")
    page.use("idle")
    page.unfold("Options of the film")
    page.begin_long_film()
    page.page.click("#cancel")
    page.says("progress", "The film was cancelled; nothing of it remains.")
    assert [one for one in studio.kept() if one.endswith(("mp4", "x2v"))] == []
    page.fill("seconds", "0.2")
    page.make()
    assert probe(page.download(".mp4", tmp_path)).frames == 48


def test_another_framing_is_previewed_at_once(visit: Callable[..., Studio], photo: Path) -> None:
    studio = visit()
    studio.load(photo)
    studio.unfold("Options of the film")
    head = pixels(studio.preview())
    studio.page.locator("#crop-shows input").click()
    face = pixels(studio.changes(lambda: studio.page.get_by_role("option", name="face").click()))
    whole = pixels(studio.changes(lambda: studio.page.check("#paste-back input")))
    assert head.shape == face.shape == (256, 256, 3) and whole.shape == (512, 512, 3)
    assert np.abs(head - face).mean() > 5


def test_cancel_is_always_answered_by_the_film_and_an_earlier_result_is_gone(
    visit: Callable[..., Studio], photo: Path
) -> None:
    studio = visit()
    studio.load(photo)
    studio.use("idle")
    studio.unfold("Options of the film")
    studio.fill("seconds", "0.2")
    studio.make()
    for _ in range(3):
        studio.begin_long_film()
        assert studio.page.query_selector("#downloads") is None, "its files are gone"
        studio.page.click("#cancel")
        studio.says("progress", "The film was cancelled; nothing of it remains.")
    studio.fill("seconds", "101")
    studio.page.click("#make")
    studio.says("progress", "seconds '101': is not from 0.001 to 100.")


def test_a_driver_that_nobody_here_knows_is_shown_and_used(
    browser: Any, photo: Path, tmp_path: Path, stranger: Path
) -> None:
    (folder := tmp_path / "workplace").mkdir()
    with running(folder, PYTHONPATH=str(stranger)) as one:
        context = browser.new_context()
        studio = Studio(context, one.address)
        studio.load(photo)
        studio.use("shake")
        assert "Of acme 1.0." in studio.page.inner_text("#driver-shake")
        studio.page.locator("#shake-degrees input[type=number]").fill("12")
        studio.make()
        film = studio.download(".mp4", tmp_path)
        assert "--shake-degrees 12" in studio.page.input_value("#command textarea")
        context.close()
    frames = list(read_frames(film))
    assert len(frames) == 10 and np.abs(frames[0].astype(float) - frames[5]).mean() > 2


STRANGER = """
from dataclasses import dataclass

from x2face_plugins import Chunk, DriverSpec, hookimpl, option


@dataclass(frozen=True)
class Settings:
    degrees: float = option(5.0, help="How far.", min=0, max=20)


class Shake:
    def __init__(self, settings):
        self.degrees = settings.degrees

    def drive(self, source):
        pose = source.factor("pose")
        own = pose.read(source.vector[None])
        turn = own.new_tensor([[0, 0, self.degrees * (1 - abs(k - 5) / 2.5)] for k in range(10)])
        yield Chunk(pose.write(own + turn) - pose.write(own), fps=source.fps)


@hookimpl
def x2face_drivers():
    yield DriverSpec(name="shake", summary="Shake the head", relative=True, settings=Settings, load=Shake)
"""


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    """A folder with an installed distribution, acme, that brings the driver shake."""
    (site := tmp_path / "site").mkdir()
    (site / "acme_shake.py").write_text(STRANGER)
    (info := site / "acme-1.0.dist-info").mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[x2face]\nshake = acme_shake\n")
    return site

"""What a page records or photographs comes with the film, so that its command line and its manifest make it again."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_cli.app import main
from x2face_core.media.images import write_picture
from x2face_core.media.video import read_frames
from x2face_lab.demo.inputs import SPEECH
from x2face_plugins.rerunning import rerun
from x2face_plugins.session import Session
from x2face_web import showing
from x2face_web.canvas import SIDE
from x2face_web.film_requests import FilmForm, film_command, film_request
from x2face_web.films import FilmTask
from x2face_web.limits import StudioOptions
from x2face_web.sliders import offset_of
from x2face_web.studio import Studio
from x2face_web.visits import Visit, Visits


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    (tmp_path / "visits").mkdir()
    return Visits(tmp_path / "visits", 1).of("page", "me")


def filmed(studio: Studio, visit: Visit, tmp_path: Path) -> FilmTask:
    """A film of a picture by the camera, with recorded sound, paint and sliders."""
    from skimage.data import astronaut

    (uploads := tmp_path / "uploads" / (64 * "a")).mkdir(parents=True)
    write_picture(uploads / "image.png", astronaut())
    recorded = Path(shutil.copy(SPEECH, uploads / "audio.wav"))
    studio.load(visit, [visit.kept(uploads / "image.png", showing.CAMERA)])
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    layer[60:90, 100:160] = (255, 0, 255, 255)
    studio.paint(visit, [layer])
    visit.offset = offset_of(studio.session, visit.loaded().vector, {studio.sliders[2]: 9.0})
    audio = next(one for one in studio.panels if one.name == "audio")
    used: list[Any] = [(audio, {"input": str(recorded), "gain": 1.5})]
    own = {"seconds": 0.2, "still": True}
    form = FilmForm(own=own, used=used, hold=True, recorded={recorded})
    before = set(visit.folder.rglob("*"))
    said = film_command(studio, visit, form)
    assert set(visit.folder.rglob("*")) == before, "to tell the command line, nothing is written"
    visit.task = FilmTask(film_request(studio, visit, form), studio.session, studio.turns)
    assert visit.task.request.command == said
    recorded.unlink()  # another was recorded meanwhile
    visit.task.start()
    assert visit.task.wait(300)
    assert visit.task.error is None
    return visit.task


@pytest.mark.weights
def test_the_command_line_and_the_manifest_make_the_same_film_from_its_downloads(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session.load("light-1", dtype="fp32")
    task = filmed(Studio.of(session, StudioOptions()), visit, tmp_path)
    film, manifest, *_ = task.files
    assert film.name == "camera--audio-recorded.mp4"
    (elsewhere := tmp_path / "downloads").mkdir()
    for path in task.files:
        shutil.copy(path, elsewhere)
    monkeypatch.chdir(elsewhere)
    again = rerun(elsewhere / manifest.name)
    assert (again.same, again.differences) == (True, [])
    (elsewhere / film.name).rename(elsewhere / "page.mp4")
    words = shlex.split(task.request.command)
    assert words[:4] == ["x2face", "run", "-s", "camera.png"]
    assert {"--weights", "light-1", "--dtype", "fp32"} <= set(words)
    assert main([*words[1:], "-q"]) == 0
    frames = list(read_frames(elsewhere / film.name))
    assert len(frames) == 5
    assert np.array_equal(frames, list(read_frames(elsewhere / "page.mp4")))


def test_downloads_are_told_apart() -> None:
    names = ["camera--audio-recorded.mp4", "camera.png", "paint.png", "audio-recorded.wav"]
    report = {"frames": 5, "seconds": 0.2, "fps": 25.0, "warnings": [], "advice": []}
    shown = showing.result("token", Path(names[0]), [Path("film-x") / one for one in names], report)
    kinds = ["the film", "the picture of the camera", "what is painted, for --embedded", "the sound that was recorded"]
    for name, kind in zip(names, kinds, strict=True):
        assert f">{name}</a>, {kind}</li>" in shown

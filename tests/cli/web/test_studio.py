"""The studio without its page, with the packaged weights: load, paint, move by hand, make a film."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from x2face_core.errors import InputError, NoFaceError, UsageError
from x2face_core.media.images import write_picture
from x2face_core.media.video import probe, read_frames
from x2face_core.sources.portraits import Cropping
from x2face_core.streaming.motion_file import read_motion
from x2face_lab.demo.inputs import SPEECH
from x2face_plugins.manifest import read_manifest
from x2face_plugins.mappings.affine import AffineFactor
from x2face_plugins.rerunning import rerun
from x2face_plugins.run_options import RunOptions
from x2face_plugins.session import Session
from x2face_web.canvas import SIDE, packed_layers, write_preset
from x2face_web.film_requests import FilmForm, film_command, film_request
from x2face_web.films import FilmTask
from x2face_web.limits import StudioOptions
from x2face_web.sliders import REACH, Slider, offset_of
from x2face_web.studio import Studio
from x2face_web.visits import Visit, Visits

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio.of(Session.load(), StudioOptions(max_seconds=2))


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from skimage.data import astronaut

    path = tmp_path_factory.mktemp("photo") / "astronaut.png"
    write_picture(path, astronaut())
    return path


@pytest.fixture
def visit(studio: Studio, photo: Path, tmp_path: Path) -> Iterator[Visit]:
    visit = Visits(tmp_path, 1).of("page", "me")
    studio.load(visit, [photo])
    yield visit
    visit.close()
    assert list(tmp_path.iterdir()) == []


def slider(studio: Studio, label: str) -> Slider:
    return next(one for one in studio.sliders if one.label == label)


def used(studio: Studio, name: str, **given: Any) -> Any:
    return next(one for one in studio.panels if one.name == name), given


def seen(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg))).astype(float)


def test_there_is_a_slider_for_each_number_of_each_factor_and_one_for_both_lids(studio: Studio) -> None:
    assert [one.label for one in studio.sliders] == [
        "pose roll", "pose pitch", "pose yaw", "mouth open", "mouth width", "eyes", "eyes gaze x", "eyes gaze y",
    ]  # fmt: skip
    eyes = slider(studio, "eyes")
    assert (eyes.columns, eyes.unit) == ((0, 1), "eye widths")


def test_a_slider_s_end_is_as_far_as_a_turn_that_networks_learned(studio: Studio, visit: Visit) -> None:
    assert 22 < slider(studio, "pose yaw").reach < 30  # degrees; heads were turned by up to 28 in training
    for one in studio.sliders:
        offset = offset_of(studio.session, visit.loaded().vector, {one: one.reach})
        assert 0.9 * REACH < float(offset.norm()) < 1.6 * REACH  # more where frames show less than is written
        assert one.reach / one.step == pytest.approx(round(one.reach / one.step))


def test_what_sliders_ask_for_is_read_from_the_vector(studio: Studio, visit: Visit) -> None:
    vector = visit.loaded().vector
    pose, eyes = studio.session.factor("pose"), studio.session.factor("eyes")
    moved = {slider(studio, "pose yaw"): 12.0, slider(studio, "pose roll"): -4.0}
    change = (pose.read((vector + offset_of(studio.session, vector, moved))[None]) - pose.read(vector[None]))[0]
    assert isinstance(pose, AffineFactor) and isinstance(eyes, AffineFactor)
    torch.testing.assert_close(change, pose.compensated(torch.tensor([[-4.0, 0.0, 12.0]]))[0], atol=0.01, rtol=0)
    shut = offset_of(studio.session, vector, {slider(studio, "eyes"): -0.1})
    change = (eyes.read((vector + shut)[None]) - eyes.read(vector[None]))[0]
    asked = torch.tensor([[-0.1, -0.1, 0.0, 0.0]])
    torch.testing.assert_close(change, eyes.compensated(asked)[0], atol=0.001, rtol=0)


def test_the_preview_follows_sliders_and_embeds_and_encodes_nothing(
    studio: Studio, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.session.model, "embed", None)
    monkeypatch.setattr(studio.session.model, "encode", None)
    still = seen(studio.preview(visit, {}))
    turned = seen(studio.preview(visit, {slider(studio, "pose yaw"): 20.0}))
    assert still.shape == (256, 256, 3)
    assert np.abs(turned - still).mean() > 3
    assert np.array_equal(seen(studio.preview(visit, {slider(studio, "pose yaw"): 0.0})), still)


def test_what_is_around_the_face_stands_still_in_the_preview(studio: Studio, visit: Visit) -> None:
    still, turned = (seen(studio.preview(visit, {slider(studio, "pose yaw"): yaw})) for yaw in (0.0, 20.0))
    assert visit.surroundings.around is not None
    face = visit.surroundings.around.box
    moved = np.abs(turned - still).max(axis=2) > 20
    assert moved[:, : int(face.x)].mean() < 0.01 < moved.mean()  # JPEG spreads a little


def test_a_large_face_has_a_preview_as_small_as_any(studio: Studio, visit: Visit, photo: Path) -> None:
    small = seen(studio.preview(visit, {}))
    studio.load(visit, [photo], size=512)
    assert visit.loaded().picture.shape == (512, 512, 3)
    assert np.abs(seen(studio.preview(visit, {})) - small).mean() < 6


def test_paint_and_overlays_show_on_the_preview_and_can_be_wiped_off(studio: Studio, visit: Visit) -> None:
    still = seen(studio.preview(visit, {}))
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    layer[SIDE // 4 : SIDE // 2, SIDE // 4 : 3 * SIDE // 4] = (255, 0, 255, 255)
    studio.paint(visit, [layer])
    studio.overlay(visit, [])
    painted = seen(studio.preview(visit, {}))
    magenta = (painted[..., 0] > 200) & (painted[..., 1] < 80) & (painted[..., 2] > 200)
    assert 0.05 < magenta.mean() < 0.25
    Image.new("RGB", (32, 32), (0, 255, 0)).save(stamp := visit.folder / "stamp.png")
    studio.overlay(visit, [used(studio, "edit", input=stamp, at="mouth", scale=0.2, start=1.0)])
    stamped = seen(studio.preview(visit, {}))
    green = (stamped[..., 1] > 200) & (stamped[..., 0] < 80) & (stamped[..., 2] < 80)
    ys = np.nonzero(green)[0]
    assert green.mean() > 0.01 and ys.mean() > 140  # at the mouth, below the paint
    studio.paint(visit, [])
    studio.overlay(visit, [])
    assert np.array_equal(seen(studio.preview(visit, {})), still)


def test_what_is_no_picture_or_has_no_face_is_refused_and_the_old_face_is_gone(
    studio: Studio, visit: Visit, tmp_path: Path
) -> None:
    (text := visit.folder / "text.png").write_text("no picture")
    with pytest.raises(InputError, match="text.png"):
        studio.load(visit, [text])
    with pytest.raises(UsageError, match="No face is loaded yet"):
        visit.loaded()
    write_picture(wall := visit.folder / "wall.png", np.full((200, 200, 3), 120, np.uint8))
    with pytest.raises(NoFaceError, match="no face was found"):
        studio.load(visit, [wall])
    names = dict(studio.check([text, wall], Cropping()))
    assert isinstance(names["text.png"], InputError) and isinstance(names["wall.png"], NoFaceError)


def made(studio: Studio, visit: Visit, own: dict[str, Any], drivers: list[Any], hold: bool = False) -> FilmTask:
    request = film_request(studio, visit, FilmForm(own=own, used=drivers, hold=hold))
    task = visit.begin(FilmTask(request, studio.session, studio.turns))
    assert task.wait(600)
    return task


def test_a_film_by_sound_with_paint_decodes_and_has_a_track_and_a_preset(studio: Studio, visit: Visit) -> None:
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    layer[:60, :60] = (255, 0, 255, 255)
    studio.paint(visit, [layer])
    own = {"seconds": 0.4, "still": True, "crop_shows": "face"}
    task = made(studio, visit, own, [used(studio, "audio", input=str(SPEECH))])
    assert task.error is None and task.report is not None
    film, manifest, track, *extras = task.files
    assert film.name == "astronaut--speech.mp4" and [one.name for one in extras] == ["paint.png", "preset.zip"]
    info = probe(film)
    assert (info.frames, info.width, info.sound) == (10, 256, True)
    assert task.done == 10 and len(read_motion(track).offsets) == 10
    assert str(visit.folder) not in manifest.read_text() and read_manifest(manifest).output["path"] == film.name
    corner = next(iter(read_frames(film)))[5, 5].astype(int)
    assert corner[0] > 180 and corner[1] < 100 and corner[2] > 180
    assert task.request.command == (
        "x2face run -s astronaut.png --audio speech.wav --seconds 0.4 --still --crop-shows face --embedded paint.png "
        "-o astronaut--speech.mp4"
    )


def test_a_packed_preset_of_several_pictures_is_painted_and_comes_back_with_what_was_painted(
    studio: Studio, visit: Visit
) -> None:
    for name, colour in (("red", (255, 0, 0)), ("green", (0, 255, 0))):
        write_picture(visit.folder / f"{name}.png", np.full((8, 8, 3), colour, np.uint8))
    stamps = [
        {"layer": visit.folder / "red.png", "at": [-0.9, -0.9], "scale": 0.2},
        {"layer": visit.folder / "green.png", "at": [0.9, -0.9], "scale": 0.2},
    ]
    write_preset(preset := visit.folder / "mask.zip", None, stamps)
    drivers = [used(studio, "edit", input=str(preset), opacity=1.0), used(studio, "idle")]
    studio.frame(visit, RunOptions(source=visit.sources, crop_shows="face"))
    plain = seen(studio.preview(visit, {}))
    studio.overlay(visit, drivers)
    shown = seen(studio.preview(visit, {}))
    left, right = shown[:25, :25].mean((0, 1)), shown[:25, -25:].mean((0, 1))
    assert left.argmax() == 0 and right.argmax() == 1 and np.abs(shown - plain)[:25].max() > 100
    layer = np.zeros((SIDE, SIDE, 4), np.uint8)
    layer[200:260, 200:260] = (255, 0, 255, 255)
    studio.paint(visit, [layer])
    task = made(studio, visit, {"seconds": 0.12}, drivers)
    assert task.error is None
    assert "--edit mask.zip" in task.request.command
    (visit.folder / "out").mkdir()
    layers = packed_layers(task.files[-1], visit.folder / "out")
    assert [(one["layer"].name, one["at"]) for one in layers] == [
        ("paint.png", [0, 0]), ("1-0-red.png", [-0.9, -0.9]), ("2-1-green.png", [0.9, -0.9]),
    ]  # fmt: skip


@pytest.mark.parametrize("framing", [{}, {"crop_shows": "face"}, {"paste_back": True}])
def test_what_the_sliders_show_is_held_in_the_film_which_shows_the_same_of_the_picture(
    framing: dict[str, Any], studio: Studio, visit: Visit, photo: Path
) -> None:
    studio.load(visit, [photo], framing)
    shown = seen(studio.preview(visit, {slider(studio, "pose yaw"): 20.0}))
    task = made(studio, visit, {"seconds": 0.2, **framing}, [], hold=True)
    assert task.error is None
    frames = list(read_frames(task.files[0]))
    assert len(frames) == 5
    assert max(np.abs(frame - shown).mean() for frame in frames) < 5
    assert "--track hand.x2v" in task.request.command and "hand.x2v" in [one.name for one in task.files]


def test_a_film_is_made_again_from_its_downloads_beside_its_inputs(
    studio: Studio, visit: Visit, photo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    studio.preview(visit, {slider(studio, "pose yaw"): 9.0})
    task = made(studio, visit, {"seconds": 0.12}, [used(studio, "idle")], hold=True)
    elsewhere = tmp_path_factory.mktemp("downloads")
    for path in (*task.files, photo):
        shutil.copy(path, elsewhere)
    again = rerun(elsewhere / task.files[1].name)
    assert again.same and again.differences == []


def test_a_film_that_is_cancelled_leaves_nothing(studio: Studio, visit: Visit) -> None:
    request = film_request(studio, visit, FilmForm(own={}, used=[used(studio, "idle")]))
    visit.task = FilmTask(request, studio.session, studio.turns)
    visit.task.cancel()
    visit.task.start()
    assert visit.task.wait(600)
    assert "cancelled" in str(visit.task.error) and visit.task.files == ()
    assert [one.name for one in visit.folder.iterdir()] == []


def test_a_driving_film_without_a_face_is_told_and_leaves_nothing(studio: Studio, visit: Visit) -> None:
    for k in range(3):
        write_picture(visit.folder / f"{k}.png", np.full((64, 64, 3), 90, np.uint8))
    task = made(studio, visit, {}, [used(studio, "frame", input=str(visit.folder / "1.png"))])
    assert isinstance(task.error, NoFaceError)
    assert not task.request.folder.exists()


@pytest.mark.parametrize(
    ("own", "drivers", "hold", "told"),
    [
        ({}, [], False, "Nothing drives the face"),
        ({"seconds": 3.0}, ["idle"], False, "films of this studio last at most 2 seconds"),
        ({}, ["track"], True, "The sliders need the driver track"),
    ],
)
def test_a_film_that_cannot_be_is_refused(
    studio: Studio, visit: Visit, own: dict[str, Any], drivers: list[str], hold: bool, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        film_request(studio, visit, FilmForm(own=own, used=[used(studio, name) for name in drivers], hold=hold))
    assert list(visit.folder.iterdir()) == []


@pytest.mark.parametrize("at", ["0.1,", "0.1,up", "brow", "0,0,0"])
def test_a_place_is_refused_as_the_overlay_refuses_it(at: str, studio: Studio, visit: Visit, photo: Path) -> None:
    form = FilmForm(own={}, used=[used(studio, "edit", input=str(photo), at=at)])
    for asked in (film_request, film_command):
        with pytest.raises(UsageError, match=f"--edit-at {at}: expected x,y from -1 to 1 or one of forehead"):
            asked(studio, visit, form)


def test_whoever_finds_a_face_finds_its_sources_too(studio: Studio, visit: Visit, monkeypatch: Any) -> None:
    monkeypatch.setattr(Session, "face", lambda *given, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        studio.load(visit, [Path("other.png")])
    assert (visit.face, visit.sources) == (None, (Path("other.png"),))


def test_films_that_nothing_ends_last_a_few_seconds_and_others_to_the_limit(studio: Studio, visit: Visit) -> None:
    endless = film_request(studio, visit, FilmForm(own={}, used=[used(studio, "idle")]))
    ended = film_request(studio, visit, FilmForm(own={}, used=[used(studio, "pose", yaw="-9:9")]))
    assert (endless.words["seconds"], ended.words["seconds"]) == (2.0, 2.0)

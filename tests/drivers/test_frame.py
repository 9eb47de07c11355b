"""The frame driver, on drawn pictures (crop none) and on a portrait that the tests' dependency brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.errors import InputError, MissingError, NoFaceError, UsageError
from x2face_core.media.clips import kind_of
from x2face_core.media.images import write_picture
from x2face_core.media.writing import write_film
from x2face_core.pixels import to_tensor
from x2face_core.rendering.pipeline import animate
from x2face_core.sources.source import ModelSource
from x2face_frame import Settings
from x2face_frame.driver import FrameDriver
from x2face_frame.plugin import x2face_drivers
from x2face_plugins.mappings.correcting import Correction
from x2face_plugins.mappings.measured import SHARES, MeasuringEncoder

from .. import films
from ..factors import Followed, Measurable
from ..films import bar
from .streams import vectors


def test_absolute_vectors_are_what_the_network_reads(folder: Path, source: ModelSource) -> None:
    read = vectors(FrameDriver(Settings(str(folder), absolute=True, crop="none")), source)
    assert torch.allclose(read, source.encode(to_tensor(bar(k) for k in range(12))), atol=1e-5)


def test_auto_rests_at_the_frame_that_looks_like_the_source(folder: Path, source: ModelSource) -> None:
    offsets = vectors(FrameDriver(Settings(str(folder), crop="none")), source)
    assert [k for k, row in enumerate(offsets) if not row.any()] == [5]


def test_the_frame_named_is_the_one_at_rest(folder: Path, source: ModelSource) -> None:
    offsets = vectors(FrameDriver(Settings(str(folder), zero="10", crop="none")), source)
    assert [k for k, row in enumerate(offsets) if not row.any()] == [10]


def test_a_rest_frame_after_the_end_is_refused(folder: Path, source: ModelSource) -> None:
    with pytest.raises(UsageError, match="ends at frame 11"):
        vectors(FrameDriver(Settings(str(folder), zero="12", crop="none")), source)


@pytest.mark.parametrize("zero", ["-1", "first", "1.5", "", "²", "٣", "9" * 5000])
def test_a_rest_frame_is_a_number_or_auto(folder: Path, zero: str) -> None:
    with pytest.raises(UsageError, match="--frame-zero"):
        FrameDriver(Settings(str(folder), zero=zero))


@pytest.fixture
def fitted(tiny_model: Any) -> ModelSource:
    return ModelSource.of(tiny_model, to_tensor([bar(5)]), load_mapping=Followed)


@pytest.mark.parametrize(
    ("given", "gain"),
    [({}, 1.25), ({"expression": 2.0}, 2.5), ({"expression": 0.0}, 0.0), ({"raw": True}, 1.0),
     ({"raw": True, "expression": 2.0}, 2.0)],
)  # fmt: skip
@pytest.mark.parametrize("live", [False, True])
def test_mouth_and_eyes_move_as_much_as_is_asked(
    folder: Path, fitted: ModelSource, monkeypatch: pytest.MonkeyPatch, given: Any, gain: float, live: bool
) -> None:
    shown = [bar(k) for k in range(12)][5:]
    monkeypatch.setattr("x2face_frame.camera.read_camera", lambda number: iter(shown))
    driver = FrameDriver(Settings("0" if live else str(folder), crop="none", **given))
    read = fitted.encode(to_tensor(bar(k) for k in range(12)))
    plain = (read - read[5])[5 if live else 0 :]
    expected = torch.cat([gain * plain[:, :2], plain[:, 2:]], dim=1)
    torch.testing.assert_close(vectors(driver, fitted), expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    ("given", "measured"),
    [({}, True), ({"unmeasured": True}, False), ({"raw": True}, False), ({"absolute": True}, False)],
)
@pytest.mark.parametrize("live", [False, True])
def test_head_mouth_and_eyes_are_those_that_are_measured(
    folder: Path, tiny_model: Any, monkeypatch: pytest.MonkeyPatch, given: Any, measured: bool, live: bool
) -> None:
    source = ModelSource.of(tiny_model, to_tensor([bar(5)]), load_mapping=Measurable)
    monkeypatch.setattr("x2face_frame.camera.read_camera", lambda number: (bar(k) for k in range(5, 12)))
    monkeypatch.setattr(ModelSource, "measure", lambda self, pictures: 10 * self.encode(pictures)[:, :9] + 1)
    named = given if live or "absolute" in given else {"zero": "5", **given}
    found = vectors(FrameDriver(Settings("0" if live else str(folder), crop="none", **named)), source)
    read = source.encode(to_tensor(bar(k) for k in range(12)))[5 if live else 0 :]
    made = torch.cat([read[:, :9] * (1 + 9 * measured * torch.tensor(SHARES)), read[:, 9:]], dim=1)
    made = MeasuringEncoder.of(source).steadied(made, 25.0) if measured and not live else made
    rest = 0 if "absolute" in given else made[0 if live else 5]
    torch.testing.assert_close(found, made - rest, atol=1e-4, rtol=1e-3)


class Correctable(Measurable):
    """As Measurable, and frames are taken to show three tenths of each angle that is read."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        if name == "pose":
            self.spans = ((-90.0, 90.0),) * 3
            self.correction = Correction(torch.eye(3, 134), 0.3 * torch.eye(3, 128))


@pytest.mark.parametrize(("given", "seen"), [({}, 8 + 1), ({"raw_pose": True}, 0), ({"unmeasured": True}, 0)])
def test_a_film_s_head_is_corrected_by_what_frames_of_the_source_show(
    tmp_path: Path, tiny_model: Any, monkeypatch: pytest.MonkeyPatch, given: Any, seen: int
) -> None:
    for k in range(24):
        write_picture(tmp_path / f"{k:02}.png", bar(k % 12))
    source = ModelSource.of(tiny_model, to_tensor([bar(5)]), load_mapping=Correctable)
    rendered = []

    def render(self: ModelSource, rows: torch.Tensor) -> torch.Tensor:
        rendered.append(rows)
        return tiny_model.render(self.face, rows).clamp(0, 1)

    monkeypatch.setattr(ModelSource, "render", render)
    vectors(FrameDriver(Settings(str(tmp_path), crop="none", zero="5", **given)), source)
    assert sum(map(len, rendered)) == seen


def test_without_mappings_motion_is_what_vectors_say(folder: Path, source: ModelSource) -> None:
    plain = vectors(FrameDriver(Settings(str(folder), crop="none")), source)
    assert torch.equal(plain, vectors(FrameDriver(Settings(str(folder), crop="none", raw=True)), source))
    with pytest.raises(MissingError, match="no mapping 'mouth'"):
        vectors(FrameDriver(Settings(str(folder), crop="none", expression=2.0)), source)


def test_what_has_no_rest_frame_has_no_share_of_its_motion(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"--frame-expression 2: .* --frame-absolute .*; leave out one of them"):
        FrameDriver(Settings(str(folder), absolute=True, expression=2.0))
    with pytest.raises(UsageError, match=r"--frame-expression 0: .*0\.png is a single picture"):
        FrameDriver(Settings(str(folder / "0.png"), expression=0.0))
    with pytest.raises(UsageError, match=r"--frame-zero 3: is a rest frame, and --frame-absolute .*; leave out one"):
        FrameDriver(Settings(str(folder), absolute=True, zero="3"))
    with pytest.raises(UsageError, match=r"--frame-zero 0: .*0\.png is a single picture"):
        FrameDriver(Settings(str(folder / "0.png"), zero="0"))
    assert not FrameDriver(Settings(str(folder / "0.png"), raw=True)).relative


def test_seconds_limit_what_is_read(folder: Path, tiny_model: Any) -> None:
    source = ModelSource.of(tiny_model, to_tensor([bar(5)]), seconds=0.2)
    assert (
        len(vectors(FrameDriver(Settings(str(folder), crop="none")), source)) == 6
    )  # 0.2 s at 25, one to interpolate to


@pytest.mark.parametrize("fps", [12.5, 25.0, 30.0])
def test_a_folder_s_pictures_come_at_the_rate_of_the_film(folder: Path, tiny_model: Any, fps: float) -> None:
    animation = animate(tiny_model, to_tensor([bar(5)]), [FrameDriver(Settings(str(folder), crop="none"))], fps=fps)
    assert (animation.fps, animation.composed.frames, len(list(animation))) == (fps, 12, 12)


def test_pictures_come_only_when_they_are_wanted(folder: Path, tiny_model: Any) -> None:
    for wanted in (False, True):
        source = ModelSource.of(tiny_model, to_tensor([bar(5, 48)]), pictures_wanted=wanted)
        (chunk,) = FrameDriver(Settings(str(folder), crop="none")).drive(source)
        assert (chunk.pictures is None) != wanted
    assert chunk.pictures is not None
    assert chunk.pictures.shape == (12, 3, 48, 48)


def test_the_vectors_do_not_depend_on_the_pictures_being_shown(folder: Path, tiny_model: Any) -> None:
    plain = ModelSource.of(tiny_model, to_tensor([bar(5, 48)]))
    shown = ModelSource.of(tiny_model, to_tensor([bar(5, 48)]), pictures_wanted=True)
    driver = Settings(str(folder), crop="none")
    assert torch.equal(vectors(FrameDriver(driver), plain), vectors(FrameDriver(driver), shown))


def test_a_film_is_read_at_its_own_rate(tmp_path: Path, source: ModelSource) -> None:
    film = tmp_path / "film.mp4"
    write_film(film, (bar(k) for k in range(10)), 30)
    driver = FrameDriver(Settings(str(film), crop="none"))
    chunks = list(driver.drive(source))
    assert sum(len(chunk.vectors) for chunk in chunks) == driver.frames == 10
    assert chunks[0].fps == 30
    assert driver.box == (0, 0, 32, 32)
    assert driver.sound is None


def test_a_film_s_sound_is_known_once_the_driver_is_loaded(tmp_path: Path) -> None:
    spoken = films.write(tmp_path / "spoken.mp4", [bar(k) for k in range(5)], tone=True)
    assert FrameDriver(Settings(str(spoken), crop="none")).sound == spoken
    mute = films.write(tmp_path / "mute.mp4", [bar(k) for k in range(5)])
    assert FrameDriver(Settings(str(mute), crop="none")).sound is None


def test_one_picture_is_a_pose_to_take_over(tmp_path: Path, tiny_model: Any) -> None:
    write_picture(tmp_path / "pose.png", bar(3))
    driver = FrameDriver(Settings(str(tmp_path / "pose.png"), crop="none"))
    assert driver.relative is False
    source = ModelSource.of(tiny_model, to_tensor([bar(5)]), seconds=0.08)
    assert torch.allclose(vectors(driver, source), source.encode(to_tensor([bar(3)])).expand(3, -1), atol=1e-5)


def test_frames_without_a_face_are_counted_once(tmp_path: Path, tiny_model: Any) -> None:
    from skimage import data

    portrait = np.ascontiguousarray(data.astronaut()[:300, 80:380])
    for k in range(4):
        write_picture(tmp_path / f"{k}.png", np.full_like(portrait, 90) if k == 2 else portrait)
    source = ModelSource.of(tiny_model, to_tensor([bar(5)]))
    driver = FrameDriver(Settings(str(tmp_path), absolute=True))
    read = vectors(driver, source)
    assert torch.equal(read[2], read[1])
    assert [("1 of 4 frames" in warning) for warning in driver.warnings] == [True]
    assert driver.box is not None
    assert 60 < driver.box[2] < 300


def test_no_face_in_any_frame_is_an_error(folder: Path, source: ModelSource) -> None:
    with pytest.raises(NoFaceError, match="--frame-crop"):
        vectors(FrameDriver(Settings(str(folder))), source)


def test_frames_of_several_sizes_are_refused(folder: Path, source: ModelSource) -> None:
    write_picture(folder / "7.png", bar(7, 40))
    with pytest.raises(InputError, match=r"7\.png: 40x40 pixels"):
        vectors(FrameDriver(Settings(str(folder), crop="none")), source)


def test_an_empty_folder_is_refused(tmp_path: Path, source: ModelSource) -> None:
    with pytest.raises(InputError, match="no picture"):
        vectors(FrameDriver(Settings(str(tmp_path))), source)


def test_what_is_not_there_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.mp4"):
        FrameDriver(Settings(str(tmp_path / "gone.mp4"))).drive(None)


def test_a_number_is_a_camera_unless_it_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert kind_of("7") == "camera"
    (tmp_path / "7").mkdir()
    assert kind_of("7") == "folder"


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The pictures that camera 0 shows."""
    pictures = [bar(k) for k in (5, 6, 8)]
    monkeypatch.setattr("x2face_frame.camera.read_camera", lambda number: iter(pictures if number == 0 else []))
    return pictures


def test_a_camera_drives_from_its_first_picture_on(camera: list[np.ndarray], source: ModelSource) -> None:
    driver = FrameDriver(Settings("0", crop="none"))
    assert driver.live and driver.relative
    chunks = list(driver.drive(source))
    assert [(len(chunk.vectors), chunk.fps) for chunk in chunks] == [(1, 25.0)] * 3
    read = source.encode(to_tensor(camera))
    torch.testing.assert_close(torch.cat([chunk.vectors for chunk in chunks]), read - read[:1], atol=1e-5, rtol=0)
    assert tuple(driver.box) == (0, 0, 32, 32)


def test_a_camera_may_give_the_face_itself(camera: list[np.ndarray], source: ModelSource) -> None:
    rows = vectors(FrameDriver(Settings("0", crop="none", absolute=True)), source)
    torch.testing.assert_close(rows, source.encode(to_tensor(camera)), atol=1e-5, rtol=0)


def test_a_camera_has_no_tracks_and_rests_in_its_first_picture() -> None:
    with pytest.raises(UsageError, match="--frame-track 2: camera 0 has no tracks"):
        FrameDriver(Settings("0", track=2))
    with pytest.raises(UsageError, match="--frame-zero 4: a camera's first picture with a face is at rest"):
        FrameDriver(Settings("0", zero="4"))


def test_pictures_before_the_first_face_drive_nothing(monkeypatch: pytest.MonkeyPatch, source: ModelSource) -> None:
    from skimage.data import astronaut

    blank = np.full((64, 64, 3), 90, np.uint8)
    shown = [blank, astronaut()[:200, 100:340], blank[:, :, ::-1]]
    monkeypatch.setattr("x2face_frame.camera.read_camera", lambda number: iter(shown))
    driver = FrameDriver(Settings("0"))
    assert len(list(driver.drive(source))) == 2 and driver.box is not None


def test_its_own_demo_runs(tmp_path: Path, source: ModelSource) -> None:
    (spec,) = x2face_drivers()
    driver = spec.load(spec.demo(tmp_path))
    assert sum(len(chunk.vectors) for chunk in driver.drive(source)) == 4


def test_a_film_that_was_cut_short_is_used_and_named(tmp_path: Path, source: ModelSource) -> None:
    film, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    noise = np.random.default_rng(0)
    write_film(film, (noise.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(100)), 25)
    content = film.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    driver = FrameDriver(Settings(input=str(cut), crop="none"))
    rows = sum(len(chunk.vectors) for chunk in driver.drive(source))
    assert 0 < rows < 90
    assert "of the 100 frames it promises" in driver.warnings[0]

"""The edit overlay at work: its declaration, layers that move, real faces."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.layers import disc, gif, plain
from x2face_cli.app import main
from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import InputError
from x2face_core.geometry.anchors import ANCHORS
from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.video import read_frames
from x2face_core.media.writing import write_film
from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_core.rendering.pipeline import animate
from x2face_core.sources.portraits import Cropping
from x2face_core.streaming.active import ActiveOverlay
from x2face_edit import Settings
from x2face_edit.overlay import EditOverlay
from x2face_edit.pictures import open_pictures
from x2face_edit.plugin import x2face_drivers
from x2face_edit.presets import Layer
from x2face_lab.demo.sources import sources

Tensor = torch.Tensor
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def seen(overlay: EditOverlay, seconds: float) -> str:
    """Which colour the middle of the layer's left half has."""
    face = EmbeddedFace(torch.full((3, 64, 64), 0.2))
    return "rgb"[int(overlay.edit(face, seconds).texture[:, 32, 28].argmax())]


def test_its_own_demo_paints(tmp_path: Path) -> None:
    (spec,) = x2face_drivers()
    overlay = spec.load(spec.demo(tmp_path))
    face = EmbeddedFace(torch.full((3, 64, 64), 0.5))
    assert 20 < int((overlay.edit(face, 0).texture != face.texture).any(0).sum()) < 400


def test_the_help_names_every_anchor() -> None:
    (spec,) = x2face_drivers()
    text = spec.settings.__dataclass_fields__["at"].metadata["x2face"]["help"]
    assert all(f"{name}" in text for name in ANCHORS)


def test_a_picture_stands_still_and_a_gif_moves(tmp_path: Path) -> None:
    still, moving = Layer(plain(tmp_path / "a.png")), Layer(gif(tmp_path / "b.gif", [RED, GREEN], [100, 100]))
    assert [EditOverlay(layers).moving for layers in ([still], [still, moving])] == [False, True]
    assert not EditOverlay([Layer(moving.layer, opacity=0.0)]).moving
    assert [ActiveOverlay.of(EditOverlay([one]), moving=False).moving for one in (still, moving)] == [False, True]


def test_a_gif_shows_each_frame_for_its_time_again_and_again(tmp_path: Path) -> None:
    overlay = EditOverlay([Layer(gif(tmp_path / "a.gif", [RED, GREEN, BLUE], [200, 100, 300]))])
    moments = [0, 0.19, 0.2, 0.29, 0.3, 0.59, 0.6, 0.8, 0.9, 1.2]
    assert "".join(seen(overlay, moment) for moment in moments) == "rrggbbrgbr"
    assert "".join(seen(overlay, moment) for moment in (601.45, 0.25, 0.0, 60.5)) == "ggrb"  # any order will do


def test_transparent_parts_of_a_gif_let_the_face_through(tmp_path: Path) -> None:
    face = EmbeddedFace(torch.full((3, 64, 64), 0.2))
    found = EditOverlay([Layer(gif(tmp_path / "a.gif", [RED, GREEN], [100, 100]), scale=0.5)]).edit(face, 0.1).texture
    assert found[:, 32, 44].tolist() == pytest.approx([0.2] * 3)
    assert found[:, 32, 20].tolist() == pytest.approx([0, 1, 0], abs=0.02)


def test_a_film_is_a_layer_that_begins_again_at_its_end(tmp_path: Path) -> None:
    pictures = [np.full((32, 32, 3), colour, np.uint8) for colour in (RED, GREEN, BLUE) for _ in range(4)]
    write_film(tmp_path / "film.mp4", iter(pictures), 20)
    overlay = EditOverlay([Layer(tmp_path / "film.mp4")])
    assert "".join(seen(overlay, k / 20) for k in (0, 3, 4, 7, 8, 11, 12, 16, 23, 24)) == "rrggbbrgbr"
    assert "".join(seen(overlay, k / 20) for k in (2, 9, 5, 124)) == "rbgg"


def test_a_film_is_read_no_larger_than_it_is_shown(tmp_path: Path) -> None:
    write_film(tmp_path / "film.mp4", iter([np.zeros((240, 320, 3), np.uint8)] * 2), 20)
    pictures = open_pictures(tmp_path / "film.mp4")
    assert pictures.size == (320, 240)
    assert pictures.at(0.0, 64)[1].shape == (48, 64, 4)


@pytest.mark.parametrize("name", ["text.png", "text.mp4", "gone.png", ""])
def test_what_is_no_picture_and_no_film_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(InputError, match=name or "folder") as caught:
        EditOverlay.of(Settings(tmp_path / name))
    assert str(caught.value).startswith(str(tmp_path / name))


class Still:
    """The source's own vector, for n frames."""

    relative = True

    def __init__(self, frames: int) -> None:
        self.frames = frames

    def drive(self, source: Any) -> Iterator[Chunk]:
        yield Chunk(torch.zeros(self.frames, 128), 10.0)


def film(model: X2Face, layers: list[Layer], frames: int = 6) -> np.ndarray:
    overlays = [ActiveOverlay.of(EditOverlay(layers))] if layers else []
    pictures = torch.full((1, 3, 48, 48), 0.3)
    return np.stack([frame.picture for frame in animate(model, pictures, [Still(frames)], overlays=overlays)])


def test_each_frame_of_the_film_has_the_gifs_frame_of_its_moment(tiny_model: X2Face, tmp_path: Path) -> None:
    found = film(tiny_model, [Layer(gif(tmp_path / "a.gif", [RED, GREEN], [200, 200]), scale=1.5)])
    assert "".join("rgb"[int(k)] for k in found[:, 24, 14].argmax(-1)) == "rrggrr"


def test_a_layer_of_no_opacity_leaves_every_frame_as_it_was(tiny_model: X2Face, tmp_path: Path) -> None:
    unseen = Layer(plain(tmp_path / "a.png"), scale=1.0, opacity=0.0)
    assert np.array_equal(film(tiny_model, [unseen]), film(tiny_model, []))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: X2Face) -> Path:
    """A folder with source.png, film.mp4 and layer.png, and networks that load at once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("source.png", np.full((48, 48, 3), 90, np.uint8))
    write_film("film.mp4", iter([np.full((48, 48, 3), 90, np.uint8)] * 5), 20)
    plain(Path("layer.png"))
    return tmp_path


def run(*args: str) -> int:
    return main(["run", "-s", "source.png", "--crop", "none", "--frame", "film.mp4", "--frame-crop", "none",
                 "--size", "48", *args])  # fmt: skip


def test_options_of_the_command_line_become_a_painted_film(place: Path) -> None:
    assert run("-o", "plain/") == 0
    placed = ["--edit-at", "-0.2,0.1", "--edit-scale", "0.8", "--edit-rotate", "-30", "--edit-flip"]
    mixed = ["--edit-opacity", "0.9", "--edit-blend", "screen"]
    assert run("-o", "painted/", "--edit", "layer.png", *placed, *mixed, "--edit-save", "p.json") == 0
    assert run("-o", "again/", "--driver", "edit", "--edit", "p.json") == 0
    frames = [read_picture(f"{folder}/000003.png") for folder in ("plain", "painted", "again")]
    assert np.array_equal(frames[1], frames[2])
    assert not np.array_equal(frames[0], frames[1])


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (("--edit-at", "5,0"), 2, "--edit-at: with its middle at 5,0"),
        (("--edit-at", "nose"), 2, "these weights know no anchors"),
        (("--edit-blend", "over"), 2, "--edit-blend"),
        (("--edit", "gone.png"), 3, "gone.png: there is no such file"),
        (("--edit", "film.json"), 3, "film.json"),
    ],
)
def test_errors_are_one_line_and_leave_nothing(
    place: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], code: int, text: str
) -> None:
    assert run("-o", "out.mp4", "--edit", "layer.png", *args) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("x2face: error: ") and text in line
    assert not (place / "out.mp4").exists()


def marks(pictures: Tensor) -> dict[str, list[tuple[float, float]]]:
    """In pictures (n, 3, h, w), the middles of what is magenta, green and blue: x and y in normalised coordinates."""
    red, green, blue = (pictures[:, k] for k in range(3))
    masks = {
        "magenta": (red > 0.6) & (green < 0.4) & (blue > 0.6),
        "green": (red < 0.4) & (green > 0.6) & (blue < 0.4),
        "blue": (red < 0.4) & (green < 0.4) & (blue > 0.6),
    }
    axis = torch.linspace(-1, 1, pictures.shape[-1])
    return {name: [_middle(mask.float(), axis) for mask in found] for name, found in masks.items()}


def _middle(mask: Tensor, axis: Tensor) -> tuple[float, float]:
    assert mask.sum() > 50, "the mark is gone"
    return float((mask.sum(0) * axis).sum() / mask.sum()), float((mask.sum(1) * axis).sum() / mask.sum())


@pytest.fixture(scope="module")
def model() -> X2Face:
    return X2Face.load(device="cpu", dtype="fp32")


@pytest.fixture(scope="module")
def faces() -> dict[str, Tensor]:
    """The demo's two sources, cropped: a photograph and a rendered head."""
    with sources() as paths:
        return {name: to_tensor([Cropping().portrait(path).crop]) for name, path in paths.items()}


@pytest.fixture
def three_marks(tmp_path: Path) -> EditOverlay:
    places = {"forehead": (255, 0, 255), "left_eye": GREEN, "right_eye": BLUE}
    return EditOverlay([Layer(disc(tmp_path / f"{at}.png", colour), at, 0.07) for at, colour in places.items()])


def rolled(crop: Tensor, degrees: float) -> Tensor:
    """The picture turned clockwise about its middle."""
    a = math.radians(degrees)
    turn = torch.tensor([[[math.cos(a), math.sin(a), 0], [-math.sin(a), math.cos(a), 0]]])
    grid = torch.nn.functional.affine_grid(turn, list(crop.shape), align_corners=True)
    return torch.nn.functional.grid_sample(crop, grid, padding_mode="border", align_corners=True)


@pytest.mark.weights
@pytest.mark.parametrize("name", ["astronaut", "sitter"])
def test_a_mark_follows_a_rolling_head_and_stays_on_the_forehead(
    model: X2Face, faces: dict[str, Tensor], three_marks: EditOverlay, name: str
) -> None:
    crop, angles = faces[name], (0.0, -15.0, 15.0)
    face = three_marks.edit(model.embed(crop), 0)
    found = marks(model.render(face, model.encode(torch.cat([rolled(crop, angle) for angle in angles]))))
    x, y = found["magenta"][0]
    for angle, mark, left, right in zip(angles, found["magenta"], found["green"], found["blue"], strict=True):
        a = math.radians(angle)
        expected = (x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a))
        assert mark == pytest.approx(expected, abs=0.08), angle  # where the driving picture has its forehead
        assert _in_eye_distances(mark, left, right) == pytest.approx((0, 0.75), abs=0.2)
    assert found["magenta"][2][0] - found["magenta"][1][0] > 0.1


def _in_eye_distances(
    mark: tuple[float, float], left: tuple[float, float], right: tuple[float, float]
) -> tuple[float, float]:
    """A place as seen from between the eyes: along the line through both, and above it."""
    across = complex(*right) - complex(*left)
    seen_from = (complex(*mark) - (complex(*left) + complex(*right)) / 2) / across
    return seen_from.real, -seen_from.imag


@pytest.mark.weights
def test_the_same_edit_sits_at_the_same_place_on_two_people(
    model: X2Face, faces: dict[str, Tensor], three_marks: EditOverlay
) -> None:
    spots = []
    for crop in faces.values():
        plain_face = model.embed(crop)
        face = three_marks.edit(plain_face, 0)
        changed = marks(face.texture[None])
        assert changed["magenta"][0] == pytest.approx(plain_face.anchors["forehead"], abs=0.01)
        found = marks(model.render(face, model.encode(crop)))
        spots.append(_in_eye_distances(found["magenta"][0], found["green"][0], found["blue"][0]))
    assert spots[0] == pytest.approx(spots[1], abs=0.2)  # in eye distances; foreheads differ: 0.59, 0.76


@pytest.mark.weights
def test_a_painted_run_lasts_as_long_as_its_driver(tmp_path: Path) -> None:
    with sources() as paths:
        source = paths["sitter"]
        gif(tmp_path / "a.gif", [RED, GREEN], [80, 80])
        assert main(["run", "-s", str(source), "--frame", str(source), "--seconds", "0.4", "--fps", "10", "--edit",
                     str(tmp_path / "a.gif"), "--edit-at", "nose", "-o", str(tmp_path / "out.mp4")]) == 0  # fmt: skip
    assert sum(1 for _ in read_frames(tmp_path / "out.mp4")) == 4

"""`x2face figure cyclegan`, `warp`, `sources` and `scar`, with tiny networks, of drawn people and of noise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_baselines.cyclegan import CycleGANSettings
from x2face_core.errors import MissingError
from x2face_core.media.images import read_picture, write_picture
from x2face_testkit.synthetic import mappings_of

from ..tiny_weights import save_tiny

SMALL = ("--crop", "none", "--size", "32", "--cell", "32", "--frames", "3")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with a.png and the frames of film/, networks that load at once, and small CycleGANs."""

    def without_mesh() -> None:
        raise MissingError("landmarks need mediapipe's face mesh; pip install 'x2face[landmarks]'.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    monkeypatch.setattr("x2face_plugins.session.mapping_loader", lambda registry, *more: mappings_of(registry))
    monkeypatch.setattr("x2face_lab.comparison.marks.MeshMarks", without_mesh)
    monkeypatch.setattr(
        "x2face_baselines.cyclegan.CycleGANSettings", lambda steps: CycleGANSettings(16, steps, width=2, blocks=1)
    )
    pixels = np.random.default_rng(0)
    (tmp_path / "film").mkdir()
    for name in ("a", "film/0", "film/1", "film/2", "film/3", "film/4"):
        write_picture(f"{name}.png", pixels.integers(0, 256, (40, 40, 3)).astype(np.uint8))
    return tmp_path


def drawn(x2face: Callable[..., Any], *line: str) -> np.ndarray:
    result = x2face("figure", *line, "-o", "figure.png", "--overwrite")
    assert (result.code, result.out) == (0, "figure.png\n"), result.err
    return np.asarray(read_picture("figure.png"))


def test_films_are_shown_beside_a_cyclegan(place: Path, x2face: Callable[..., Any]) -> None:
    line = ["-s", "a.png", *SMALL, "--frame", "film", "--frame-crop", "none", "--steps", "2"]
    named = drawn(x2face, "cyclegan", *line, "--models", "kept")
    assert len(list((place / "kept").iterdir())) == 1
    assert np.array_equal(drawn(x2face, "12", *line, "--models", "kept"), named)  # the paper's number
    two = drawn(x2face, "4", "-s", "film", *line)
    assert two.shape[0] > 1.7 * named.shape[0]


def test_the_warp_takes_landmarks_of_labels(place: Path, face_folder: Path, x2face: Callable[..., Any]) -> None:
    line = [*SMALL, "--data", str(face_folder), "--split", "train", "--seconds", "0.3"]
    result = x2face("figure", "warp", *line, "--people", "1", "-o", "warp.svg")
    assert result.code == 0 and "+ p.-p. is left out" in result.err  # tiny networks have no anchors
    text = (place / "warp.svg").read_text()
    assert "<!-- landmark warp -->" in text and "hidden regions -->" in text and "<!-- x2face -->" in text
    result = x2face("figure", "5", "-s", "a.png", *SMALL, "--frame", "film", "--frame-crop", "none", "-o", "none.png")
    assert (result.code, result.out, len(result.err.splitlines())) == (3, "", 1)
    assert "x2face[landmarks]" in result.err and not (place / "none.png").exists()


def test_sources_have_a_row_for_each_weights_and_number(place: Path, x2face: Callable[..., Any]) -> None:
    one = str(save_tiny(place, "one", moving=0.1, reading=True))
    two = str(save_tiny(place, "two", "identity", moving=0.1, reading=True))
    heights = [
        drawn(
            x2face, "sources", "-s", "film", *SMALL, *(word for path in weights for word in ("--weights", path))
        ).shape[0]
        for weights in ((one,), (one, two))
    ]
    assert heights[1] - heights[0] == 2 * (32 + 3)
    assert x2face("figure", "11", "-s", "film", *SMALL, "--weights", one, "-o", "s.svg").code == 0
    text = (place / "s.svg").read_text()
    assert "<!-- stage I, S" in text and "<!-- stage I, M" in text and "L1 0." in text


def test_a_scar_is_painted_on_the_embedded_face(place: Path, x2face: Callable[..., Any]) -> None:
    line = ["-s", "a.png", *SMALL, "--frame", "film", "--frame-crop", "none", "--edit-at", "0,0"]
    plain, heavy = (drawn(x2face, "scar", *line, "--edit-scale", scale) for scale in ("0.01", "0.9"))
    changed = np.abs(plain.astype(int) - heavy).max(axis=2) > 20
    frames = changed[:, -3 * 35 - 8 :]
    driving = 8 + 14 + 32 + 3  # margin, times, the result and the gap below it
    assert frames[:driving].any() and not frames[driving : driving + 32].any()
    assert drawn(x2face, "14", *line).shape == plain.shape


def test_people_of_tracks_are_sources_of_all_figures(
    place: Path, face_folder: Path, x2face: Callable[..., Any]
) -> None:
    line = [*SMALL[2:6], "--data", str(face_folder), "--split", "train"]
    one = drawn(x2face, "15", "--steps", "2", *line, "--people", "1")
    two = drawn(x2face, "pose", "--steps", "2", *line, "--people", "2")
    assert two.shape[0] > 1.8 * one.shape[0]
    assert drawn(x2face, "scar", *line, "--frames", "2", "--seconds", "0.3", "--edit-at", "0,0").std() > 0


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (["cyclegan", "-s", "gone.png"], 3, "gone.png"),
        (["cyclegan", "-s", "a.png", "--frame", "gone.mp4"], 3, "gone.mp4"),
        (["cyclegan", "-s", "a.png", "--steps", "0"], 2, "--steps"),
        (["scar", "-s", "a.png", "--data", "film"], 2, "give one of them"),
        (["scar", "--data", "film", "--frame", "film"], 2, "leave out --frame"),
        (["scar", "--data", "film"], 3, "clips.csv"),
        (["sources", "--data", "film"], 3, "clips.csv"),
        (["sources", "-s", "film", "--weights", "nobody"], 5, "nobody"),
        (["warp", "-o", "warp.jpg"], 2, ".png, .pdf, .svg"),
        (["16"], 2, "16"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_an_exit_code(
    place: Path, x2face: Callable[..., Any], line: list[str], code: int, message: str
) -> None:
    before = sorted(place.rglob("*"))
    result = x2face("figure", *line, *(SMALL if len(line) > 1 else ()))
    assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1), result.err
    assert message in result.err
    assert sorted(place.rglob("*")) == before

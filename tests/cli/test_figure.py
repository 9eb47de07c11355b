"""`x2face figure`, with tiny untrained networks and made-up mappings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from x2face_core.media.images import read_picture, write_picture
from x2face_testkit.synthetic import mappings_of

SMALL = ("--crop", "none", "--size", "32", "--cell", "32")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    """A folder with a.png, b.png, stamp.png, frames/ and hum.wav, and networks that load at once."""
    from ..speaking import hum, write_wav

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    monkeypatch.setattr("x2face_plugins.session.mapping_loader", lambda registry, *more: mappings_of(registry))
    pixels = np.random.default_rng(0)
    for name in ("a", "b"):
        write_picture(f"{name}.png", pixels.integers(0, 256, (40, 40, 3)).astype(np.uint8))
    (tmp_path / "frames").mkdir()
    for k in range(6):
        write_picture(f"frames/{k}.png", pixels.integers(0, 256, (40, 40, 3)).astype(np.uint8))
    Image.new("RGBA", (8, 8), (255, 0, 255, 255)).save("stamp.png")
    write_wav(tmp_path / "hum.wav", hum(np.abs(np.sin(np.arange(20.0)))))
    return tmp_path


def test_every_figure_prints_its_path_and_nothing_else(place: Path, x2face: Callable[..., Any]) -> None:
    for name, more in (
        ("pose", ["--steps", "3"]),
        ("audio", ["--audio", "hum.wav", "--moments", "4"]),
        ("edit", ["--edit", "stamp.png", "--frame", "frames", "--frame-crop", "none", "--frames", "4"]),
    ):
        result = x2face("figure", name, "-s", "a.png", "-s", "b.png", *SMALL, *more)
        assert result == (0, f"outputs/figure-{name}.png\n", ""), name
        assert read_picture(f"outputs/figure-{name}.png").std() > 0
    assert len(list((place / "outputs").iterdir())) == 3


def test_without_a_film_heads_turn(place: Path, x2face: Callable[..., Any]) -> None:
    result = x2face("figure", "edit", "-s", "a.png", *SMALL, "--edit-at", "0,0", "--yaw", "-9:9", "-o", "edit.svg")
    assert result == (0, "edit.svg\n", "")
    text = (place / "edit.svg").read_text()
    assert all(f"<!-- yaw {angle}° -->" in text for angle in ("−9", "0", "+9"))


def test_a_wider_sheet_shows_more_steps(place: Path, x2face: Callable[..., Any]) -> None:
    widths = []
    for steps in (2, 5):
        assert (
            x2face("figure", "pose", "-s", "a.png", *SMALL, "--steps", str(steps), "-o", "p.png", "--overwrite")[0] == 0
        )
        widths.append(read_picture("p.png").shape[1])
    assert widths[1] - widths[0] == 3 * (32 + 3)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["pose", "-o", "a.png"], 2, "--overwrite"),
        (["pose", "-o", "a.png", "--overwrite"], 2, "one of the inputs"),
        (["pose", "-o", "pose.jpg"], 2, ".png, .pdf, .svg"),
        (["pose", "-o", "frames/"], 2, ".png, .pdf, .svg"),
        (["pose", "--yaw", "a:b"], 2, "A:B"),
        (["pose", "--yaw", "-20:200"], 2, "90"),
        (["pose", "--yaw", "nan:3"], 2, "90"),
        (["pose", "--steps", "0"], 2, "--steps"),
        (["pose", "-s", "gone.png"], 3, "gone.png"),
        (["pose", "--crop", "auto"], 4, "a.png"),
        (["audio", "--audio", "mic"], 2, "never ends"),
        (["audio", "--audio", "gone.wav"], 3, "gone.wav"),
        (["audio", "--audio", "a.png"], 3, "a.png"),
        (["audio", "--moments", "many"], 2, "--moments"),
        (["edit", "--edit", "gone.png"], 3, "gone.png"),
        (["edit", "--edit", "stamp.png", "--edit-at", "tail"], 2, "--edit-at"),
        (["edit", "--frame", "gone.mp4"], 3, "gone.mp4"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_an_exit_code(
    place: Path, x2face: Callable[..., Any], args: list[str], code: int, message: str
) -> None:
    before = sorted(place.rglob("*"))
    result = x2face("figure", args[0], "-s", "a.png", *SMALL, *args[1:])
    assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1), result.err
    assert message in result.err
    assert sorted(place.rglob("*")) == before


def test_a_mapping_of_other_weights_is_refused(
    place: Path, x2face: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from x2face_plugins.mappings.loading import mapping_loader

    monkeypatch.setattr("x2face_plugins.session.mapping_loader", mapping_loader)
    result = x2face("figure", "pose", "-s", "a.png", *SMALL)
    assert (result.code, result.out, len(result.err.splitlines())) == (5, "", 1)
    assert "x2face fit pose" in result.err
    assert not (place / "outputs").exists()


def test_help_and_listing_draw_nothing() -> None:
    code = """
import sys
from x2face_cli.app import main
for line in (["--help"], ["figure", "--help"], ["figure", "edit", "--help"]):
    assert main(line) == 0
heavy = {"matplotlib", "librosa", "torch", "numpy"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("name", ["pose", "audio", "edit", "sources", "scar"])
def test_without_any_input_the_demo_s_are_shown(tmp_path: Path, x2face: Callable[..., Any], name: str) -> None:
    output = tmp_path / "new" / "figure.png"
    assert x2face("figure", name, "-o", str(output)) == (0, f"{output}\n", "")
    assert read_picture(output).shape[1] > 1000

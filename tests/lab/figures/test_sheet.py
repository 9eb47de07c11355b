"""What a sheet says is what is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import UsageError
from x2face_core.media.images import read_picture
from x2face_lab.figures.drawing import write_sheet
from x2face_lab.figures.sheet import (
    MARGIN,
    Label,
    Line,
    Panel,
    Parts,
    Rectangle,
    Sheet,
    Tile,
    row_of_rectangles,
    signed,
)


def noise(side: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.uint8)


def sheet() -> Sheet:
    """Two pictures, a diagram, a label and a line."""
    parts = Parts()
    parts.row([noise(20), noise(40, 1)], 10, 30, 20)
    parts.panels.append(Panel(Rectangle(80, 30, 40, 20), lambda axes: axes.plot([0, 1], [0, 1]), 7))
    parts.labels.append(Label("−15°", 20, 15, 10))
    parts.lines.append(Line(((80, 60), (110, 10))))
    return parts.sheet()


def test_places_lie_side_by_side_with_a_gap() -> None:
    assert row_of_rectangles(3, 10, 5, 20) == [
        Rectangle(10, 5, 20, 20),
        Rectangle(33, 5, 20, 20),
        Rectangle(56, 5, 20, 20),
    ]
    assert row_of_rectangles(1, 0, 0, 20, 8)[0].bottom == 8


def test_a_sheet_is_as_large_as_what_is_on_it_and_a_margin() -> None:
    assert (sheet().width, sheet().height) == (120 + MARGIN, 50 + MARGIN)


def test_a_picture_of_its_place_s_size_is_there_pixel_for_pixel(tmp_path: Path) -> None:
    write_sheet(tmp_path / "a.png", sheet())
    drawn = read_picture(tmp_path / "a.png")
    assert drawn.shape == (sheet().height, sheet().width, 3)
    assert np.array_equal(drawn[30:50, 10:30], noise(20))
    assert (drawn[30:50, 30:33] == 255).all()
    assert (drawn[5:25, 10:30] < 128).any()  # the label


def test_a_larger_picture_is_reduced_to_its_place(tmp_path: Path) -> None:
    write_sheet(tmp_path / "a.png", sheet())
    reduced = Image.fromarray(noise(40, 1)).resize((20, 20), Image.Resampling.LANCZOS)
    assert np.array_equal(read_picture(tmp_path / "a.png")[30:50, 33:53], np.asarray(reduced))


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_the_same_sheet_gives_the_same_bytes_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        write_sheet(tmp_path / "new" / f"{name}{suffix}", sheet())
    first, second = sorted((tmp_path / "new").iterdir())
    assert first.read_bytes() == second.read_bytes()


def test_a_place_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="choose another output"):
        write_sheet(tmp_path / "file" / "a.png", Sheet(10, 10, [Tile(Rectangle(0, 0, 5, 5), noise(5))]))


@pytest.mark.parametrize(
    ("number", "text"), [(8, "+8°"), (-15.0, "−15°"), (0.02, "0°"), (-0.0, "0°"), (-2.54, "−2.5°"), (1e-16, "0°")]
)
def test_angles_have_their_sign_and_one_decimal_at_most(number: float, text: str) -> None:
    assert signed(number) == text

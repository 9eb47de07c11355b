"""Sheets of strips: nothing overlaps, and each row is named."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_core.media.pictures import Picture
from x2face_lab.figures.sheet import GAP, MARGIN
from x2face_lab.figures.strips import Example, Given, Strip, strips_sheet

CELL = 40


def pictures(count: int) -> list[Picture]:
    return [np.full((8, 8, 3), k, np.uint8) for k in range(count)]


@pytest.mark.parametrize("sources", [1, 3, 5])
def test_nothing_overlaps_and_all_is_inside(sources: int) -> None:
    given = [[Given("source", pictures(1)), Given("embedded", pictures(1))], [Given("sources", pictures(sources))]]
    example = Example(given, [Strip("made", pictures(4)), Strip("driven by", pictures(4))], ["a", "b", "c", "d"])
    sheet = strips_sheet([example, example], CELL)
    covered = np.zeros((sheet.height, sheet.width), int)
    for tile in sheet.tiles:
        r = tile.rectangle
        covered[r.y : r.bottom, r.x : r.right] += 1
    assert covered.max() == 1 and len(sheet.tiles) == 2 * (2 + sources + 8)
    assert not covered[:MARGIN].any() and not covered[:, :MARGIN].any() and not covered[-MARGIN:].any()
    assert all(0 < label.x < sheet.width and 0 < label.y < sheet.height for label in sheet.labels)


def test_frames_stand_under_their_times_and_beside_their_names() -> None:
    example = Example([[Given("source", pictures(1))]], [Strip("one", pictures(3)), Strip("two", pictures(3))], "xyz")
    sheet = strips_sheet([example], CELL)
    where = {label.text: label for label in sheet.labels}
    source, *frames = [tile.rectangle for tile in sheet.tiles]
    assert [r.middle for r in frames[:3]] == [where[time].x for time in "xyz"] == [r.middle for r in frames[3:]]
    assert (where["one"].y, where["two"].y) == (frames[0].level, frames[3].level)
    assert frames[3].y - frames[0].y == CELL + GAP and source.right < where["one"].x < frames[0].x

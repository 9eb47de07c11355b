from __future__ import annotations

import pytest

from x2face_core.media.folders import evenly


@pytest.mark.parametrize(
    ("count", "most", "chosen"),
    [(1, 48, [0]), (3, 48, [0, 1, 2]), (5, 3, [0, 2, 4]), (10, 4, [0, 3, 6, 9]), (4, 1, [0])],
)
def test_things_are_chosen_evenly_from_the_first_to_the_last(count: int, most: int, chosen: list[int]) -> None:
    assert evenly(count, most).tolist() == chosen

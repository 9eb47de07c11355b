from __future__ import annotations

import numpy as np
import pytest
import torch

from x2face_core.rendering.finishing import side_by_side
from x2face_core.rendering.pipeline import Frame

SOURCE, RESULT = np.full((4, 4, 3), 10, np.uint8), np.full((4, 4, 3), 20, np.uint8)


@pytest.mark.parametrize("driving", [torch.ones(3, 4, 4), np.ones((3, 4, 4), np.float32)], ids=["tensor", "array"])
def test_a_driving_picture_stands_between_source_and_result(driving: torch.Tensor) -> None:
    sheet = side_by_side(SOURCE, Frame(RESULT, np.zeros(128), 25.0, driving), RESULT)
    assert sheet.shape == (4, 12, 3) and sheet[0, ::4, 0].tolist() == [10, 255, 20]


def test_without_a_driving_picture_source_and_result_are_side_by_side() -> None:
    assert side_by_side(SOURCE, Frame(RESULT, np.zeros(128), 25.0), RESULT)[0, ::4, 0].tolist() == [10, 20]

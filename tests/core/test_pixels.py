from __future__ import annotations

import numpy as np
import pytest
import torch

from x2face_core.pixels import from_bytes, to_bytes, to_pictures, to_tensor

PICTURES = np.arange(2 * 3 * 5 * 4, dtype=np.uint8).reshape(2, 3, 5, 4)  # n, h, w, c


@pytest.mark.parametrize("given", [PICTURES, torch.from_numpy(PICTURES), list(PICTURES), iter(PICTURES)])
def test_channels_come_first_and_255_is_one(given: object) -> None:
    tensor = to_tensor(given)
    assert tensor.shape == (2, 4, 3, 5) and tensor.dtype == torch.float32
    assert tensor[1, 2, 0, 3] * 255 == pytest.approx(PICTURES[1, 0, 3, 2])
    assert to_tensor([np.full((1, 1, 3), 255, np.uint8)]).tolist() == [[[[1.0]], [[1.0]], [[1.0]]]]


def test_every_level_comes_back_as_it_was() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    assert np.array_equal(to_pictures(to_tensor(levels)), levels)


def test_pictures_are_rounded_and_clipped() -> None:
    row = torch.tensor([-0.1, 0.0, 0.4 / 255, 0.6 / 255, 1.0, 1.5]).view(1, 1, 1, 6)
    assert to_pictures(row).ravel().tolist() == [0, 0, 0, 1, 255, 255]


def test_bytes_of_any_shape_come_back_as_they_were() -> None:
    levels = torch.arange(256, dtype=torch.uint8).view(2, 4, 32)
    values = from_bytes(levels)
    assert values.dtype == torch.float32 and values[1, 3, 31] == 1 and values[0, 1, 19] == pytest.approx(51 / 255)
    assert torch.equal(to_bytes(values), levels)
    assert to_bytes(torch.tensor([-1.0, 0.4 / 255, 0.6 / 255, 2.0])).tolist() == [0, 0, 1, 255]

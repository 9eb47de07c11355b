"""Holes filled: values worked out by hand, and textures that go on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from x2face_core.rendering.filling import filled, without_hole


def test_what_is_known_stays_and_what_is_not_takes_the_mean_around_it() -> None:
    values, weights = torch.full((1, 8, 8), 0.6), torch.ones(1, 8, 8)
    values[:, 2:5, 3:7], weights[:, 2:5, 3:7] = 0.0, 0.0
    assert torch.allclose(filled(values, weights), torch.full((1, 8, 8), 0.6), atol=1e-6)


def test_weighted_sums_become_means() -> None:
    weights = torch.full((1, 4, 4), 3.0)
    assert torch.allclose(filled(weights * 0.25, weights), torch.full((1, 4, 4), 0.25))


def test_a_hole_between_dark_and_light_is_in_between() -> None:
    values, weights = torch.zeros(1, 16, 16), torch.ones(1, 16, 16)
    values[..., 8:] = 1.0
    values[..., 6:10], weights[..., 6:10] = 0.0, 0.0
    row = filled(values, weights)[0, 8]
    assert row[:6].tolist() == [0.0] * 6 and row[10:].tolist() == [1.0] * 6
    assert 0 < float(row[7]) < float(row[8]) < 1


def stripes(side: int) -> np.ndarray:
    row = np.where(np.arange(side) // 4 % 2, 200, 60).astype(np.uint8)
    return np.repeat(np.repeat(row[None, :, None], side, 0), 3, 2)


def test_texture_goes_on_into_a_hole_and_all_else_stays() -> None:
    picture, hole = stripes(120), np.zeros((120, 120), bool)
    hole[60:] = True
    found = without_hole(picture, hole)
    assert (found[:60] == picture[:60]).all()
    assert np.abs(found[60:62].astype(int) - picture[60:62]).max() < 40  # the stripes are 140 levels apart
    assert np.ptp(found[80:, 40:80].astype(int), axis=1).max() < 40  # and fade into their mean
    assert found[80:, 40:80].mean() == pytest.approx(130, abs=12)


@pytest.mark.parametrize("everything", [True, False])
def test_a_picture_that_is_all_hole_or_has_none_stays(everything: bool) -> None:
    picture = stripes(16)
    assert without_hole(picture, np.full((16, 16), everything)) is picture

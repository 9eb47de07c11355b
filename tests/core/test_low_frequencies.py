"""Low frequencies of several aligned embedded faces."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from x2face_core.networks.low_frequencies import low_frequency_correction, median
from x2face_core.networks.texel_selection import SIDE
from x2face_core.warping import resize_flow


def correction(*tones: float, visible: tuple[float, ...] | None = None) -> float:
    """The correction of uniform faces, of which the first is selected everywhere."""
    faces = torch.tensor(tones).view(-1, 1, 1, 1).expand(-1, 3, 128, 128)
    weights = torch.zeros(len(tones), 1, SIDE, SIDE)
    weights[0] = 1
    seen = torch.tensor(visible or (1.0,) * len(tones)).view(-1, 1, 1, 1).expand(-1, 1, SIDE, SIDE)
    found = low_frequency_correction(faces, weights, seen)
    assert found.shape == (1, 3, 128, 128)
    assert float(found.max() - found.min()) < 1e-5
    return float(found.mean())


def test_it_is_the_median_of_what_agrees_with_the_selected_face() -> None:
    assert correction(0.5, 0.51, 0.52) == pytest.approx(0.01, abs=5e-4)
    assert correction(0.5, 0.49, 0.52) == pytest.approx(0.0, abs=1e-5)
    assert correction(0.5, 0.52) == pytest.approx(0.01, abs=5e-4)


def test_faces_that_differ_much_or_do_not_show_the_place_change_nothing() -> None:
    assert correction(0.2, 0.7, 0.7) == pytest.approx(0.0, abs=1e-4)
    assert correction(0.5, 0.52, 0.52, visible=(1.0, 0.0, 0.0)) == pytest.approx(0.0, abs=1e-5)
    assert correction(0.5, 0.52, 0.52, visible=(1.0, 1.0, 0.0)) == pytest.approx(0.0, abs=1e-5)


def test_detail_of_the_faces_that_are_not_selected_stays_away() -> None:
    """Stripes of two texels, of a contrast of 0.2."""
    weights = torch.zeros(3, 1, SIDE, SIDE)
    weights[0] = 1
    faces = torch.full((3, 3, 128, 128), 0.5)
    faces[1:, :, :, ::4] = faces[1:, :, :, 1::4] = 0.7
    found = low_frequency_correction(faces, weights, torch.ones(3, 1, SIDE, SIDE))
    contrast = float((found.amax(-1) - found.amin(-1)).mean())
    assert contrast < 0.04
    assert float(found.mean()) > 0.02


def test_seams_are_soft_in_tone() -> None:
    """The left half is dark and from one face, the right half bright and from the other."""
    weights = torch.zeros(2, 1, SIDE, SIDE)
    weights[0, ..., : SIDE // 2] = weights[1, ..., SIDE // 2 :] = 1
    faces = torch.tensor([0.2, 0.8]).view(2, 1, 1, 1).expand(2, 3, 128, 128)
    found = low_frequency_correction(faces, weights, torch.ones(2, 1, SIDE, SIDE))
    row = (resize_flow(weights, 128, 128) * faces).sum(0)[0, 64] + found[0, 0, 64]
    assert row[[0, -1]].tolist() == pytest.approx([0.2, 0.8], abs=1e-3)
    assert float((row[1:] - row[:-1]).abs().max()) < 0.1


@pytest.mark.parametrize(
    ("values", "expected"), [((3.0, 1.0, 2.0), 2.0), ((4.0, 1.0, 9.0, 2.0), 3.0), ((1.0, 2.0), 1.5)]
)
def test_median(values: tuple[float, ...], expected: float) -> None:
    numbers: Tensor = torch.tensor(values).view(-1, 1)
    torch.testing.assert_close(median(numbers), torch.tensor([[expected]]))

"""Optical flow as a teacher: it finds what moved, and says where not to trust it."""

from __future__ import annotations

import sys

import pytest
import torch
from torch.nn import functional as F

from x2face_core.errors import MissingError
from x2face_core.training.optical import OpticalFlow, compose

Tensor = torch.Tensor
SIDE = 64


def textured(seed: int = 0) -> Tensor:
    """(1, 3, 64, 64) smooth noise."""
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(noise, size=(SIDE, SIDE), mode="bicubic", align_corners=True).clamp(0, 1)


def shifted(picture: Tensor, pixels: int) -> Tensor:
    return torch.roll(picture, pixels, dims=-1)


@pytest.mark.parametrize("pixels", [-3, 2, 5])
def test_a_shift_to_the_right_looks_to_the_left(pixels: int) -> None:
    source = textured()
    flow, trust = OpticalFlow(32).flows(source, shifted(source, pixels), torch.zeros(1, 2, 32, 32))
    inside = flow[0, :, 8:-8, 8:-8]
    assert flow.shape == (1, 2, 32, 32) and trust.shape == (1, 1, 32, 32)
    assert float(inside[0].median()) == pytest.approx(-pixels * 2 / (SIDE - 1), abs=0.01)
    assert float(inside[1].abs().mean()) < 0.01
    assert float(trust[..., 8:-8, 8:-8].mean()) > 0.85


def test_a_start_that_is_right_is_kept() -> None:
    """Twelve pixels are too far for noise of four; told beforehand, the flow is found."""
    source = textured()
    start = torch.zeros(1, 2, 32, 32)
    start[:, 0] = -12 * 2 / (SIDE - 1)
    flow, _ = OpticalFlow(32).flows(source, shifted(source, 12), start)
    assert float(flow[0, 0, 8:-8, 14:-8].median()) == pytest.approx(-12 * 2 / (SIDE - 1), abs=0.01)


def test_what_fits_nowhere_is_not_trusted() -> None:
    _, alike = OpticalFlow(32).flows(textured(0), textured(0), torch.zeros(1, 2, 32, 32))
    _, other = OpticalFlow(32).flows(textured(0), textured(1), torch.zeros(1, 2, 32, 32))
    assert float(alike.min()) > 0.99
    assert float(other.mean()) < 0.5


def test_two_flows_compose_one_after_the_other() -> None:
    """Half a picture to the right in the layout, where the embedding flow looks 0.2 down: both add up."""
    driving = torch.zeros(1, 2, 9, 9)
    driving[:, 0] = 0.5
    embedding = torch.zeros(1, 2, 9, 9)
    embedding[:, 1, :, 6:] = 0.2  # from x = 0.5 on
    composed = compose(driving, embedding)
    torch.testing.assert_close(composed[:, 0], torch.full((1, 9, 9), 0.5))
    torch.testing.assert_close(composed[0, 1, :, 4:], torch.full((9, 5), 0.2))  # x >= 0 looks at x >= 0.5
    torch.testing.assert_close(composed[0, 1, :, :4], torch.zeros(9, 4))


def test_without_the_library_it_says_what_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingError, match=r"x2face\[training\].*--set optical=0"):
        OpticalFlow(32)

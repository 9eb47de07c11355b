"""Sharpness by edge widths: widths counted by hand, and blur that lowers it."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_lab.evaluation.blur import cpbd, edge_widths


def test_widths_are_those_of_the_monotonic_run() -> None:
    row = np.array([[5.0, 5, 6, 8, 9, 9, 4, 1, 1, 3]])
    assert edge_widths(row).tolist() == [[0, 3, 3, 3, 3, 2, 2, 2, 1, 1]]


def stripes(ramp: int) -> np.ndarray:
    """Vertical stripes of 16 pixels, each edge over `ramp` pixels."""
    wave = np.repeat([40.0, 210.0] * 8, 16)
    soft = np.convolve(np.pad(wave, ramp, mode="edge"), np.ones(ramp) / ramp, mode="same")[ramp:-ramp]
    return np.broadcast_to(soft[None, :, None], (256, 256, 3)).round().astype(np.uint8)


def test_wider_edges_are_less_sharp() -> None:
    sharp, little, blurred = (cpbd(stripes(ramp)) for ramp in (1, 2, 6))
    assert sharp > 0.95  # a step is 1 wide, and 3 is just noticed: P(blur) is 1 - exp(-(1/3)^3.6) = 0.02
    assert blurred < 0.05  # 1 - exp(-(6/3)^3.6) is over 0.63
    assert sharp >= little > 0.9


def test_a_picture_without_edges_has_none() -> None:
    assert np.isnan(cpbd(np.full((64, 64, 3), 90, np.uint8)))


def test_turning_edges_flat_leaves_none_to_measure() -> None:
    assert cpbd(stripes(1)) == pytest.approx(1)
    assert np.isnan(cpbd(np.ascontiguousarray(stripes(1).transpose(1, 0, 2))))

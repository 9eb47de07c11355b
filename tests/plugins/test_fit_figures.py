"""A fit that is worse than the mean is said to be."""

from __future__ import annotations

from typing import Any

import pytest

from x2face_plugins.mappings.fitting import worse_than_the_mean


@pytest.mark.parametrize(
    ("figures", "warnings"),
    [
        ({"r2": [0.9, -64.25, 0.0]}, ["r2 -64.25"]),
        ({"r2 of people held out": -0.5, "mae": -3}, ["r2 of people held out -0.5"]),
        ({"R2": (-1, -2)}, ["R2 -1", "R2 -2"]),
        ({"r2": float("nan"), "r20": -1, "error": -1}, []),
        ({"r2": None}, []),
        ({}, []),
    ],
)
def test_shares_of_variance_below_zero_are_told(figures: dict[str, Any], warnings: list[str]) -> None:
    assert worse_than_the_mean(figures) == warnings

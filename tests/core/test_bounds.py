"""Numbers that no machine can do anything with are refused where they come in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import pytest

from x2face_core.bounds import fault_of
from x2face_core.errors import UsageError, WeightsError
from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.training.recipes import RECIPES, with_settings


@dataclass
class Numbers:
    count: int = 1
    share: float = 0.5
    name: str = "a"


BOUNDS = {"count": (0, 10), "share": (0.0, 1.0)}


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, None),
        ({"count": 10, "share": 1}, None),
        ({"count": 11}, "count is 11; it may be from 0 to 10."),
        ({"count": -1}, "count is -1; it may be from 0 to 10."),
        ({"count": 1.5}, "count is 1.5; a whole number is needed."),
        ({"count": True}, "count is True; a whole number is needed."),
        ({"share": math.nan}, "share is nan; a number is needed."),
        ({"share": math.inf}, "share is inf; a number is needed."),
        ({"share": None}, "share is None; a number is needed."),
        ({"share": "0.5"}, "share is '0.5'; a number is needed."),
    ],
)
def test_the_first_number_out_of_bounds_is_named(given: dict[str, Any], fault: str | None) -> None:
    assert fault_of(Numbers(**given), BOUNDS) == fault


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_keeps_to_its_bounds_and_says_which_it_leaves(name: str) -> None:
    recipe = RECIPES[name]
    for key, value in (("lr", 1e30), ("lr", math.nan), ("batch", 1), ("batch", 10**9), ("seed", -1), ("ema", 1.5)):
        with pytest.raises(UsageError, match=f"The recipe {name}: {key} is "):
            replace(recipe, **{key: value})


@pytest.mark.parametrize("setting", ["lr=nan", "lr=1e30", "lr=0", "batch=1000000000", "every=0", "yaw=1e9", "width=0"])
def test_what_set_gives_is_within_bounds(setting: str) -> None:
    key, _, value = setting.partition("=")
    with pytest.raises(UsageError, match=f"--set.*{key} is "):
        with_settings(RECIPES["guided"], PRESETS["light"], {key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("width", 0),
        ("width", 1_000_000_000),
        ("width", 16.5),
        ("side", 2**20),
        ("side", "128"),
        ("vector", -128),
        ("max_factor", None),
        ("crop_scale", math.nan),
        ("crop_scale", -1.6),
        ("crop_scale", 1e300),
        ("confidence", "yes"),
        ("inner_norm", 1),
        ("padding", []),
        ("order", {"a": 1}),
    ],
)
def test_sizes_of_no_network_are_refused(key: str, value: Any) -> None:
    with pytest.raises(WeightsError, match=f"Dims.{key} is "):
        Dims.from_dict(Dims().to_dict() | {key: value})

"""Recipes, and their fields given as text."""

from __future__ import annotations

import pytest

from x2face_core.errors import UsageError
from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.training.recipes import RECIPES, GuidedRecipe, Recipe, with_settings


def test_the_papers_recipe_is_the_published_one() -> None:
    paper = RECIPES["paper"]
    assert (paper.preset, paper.optimiser, paper.momentum, paper.batch, paper.lr) == ("paper", "sgd", 0.9, 16, 0.001)
    assert (paper.schedule, paper.every, paper.far) == ("plateau", 25, 1)  # 25 frames at 25 a second: one a second
    assert (paper.weight_decay, paper.clip_norm, paper.warmup, paper.ema) == (0, 0, 0, 0)


def test_every_recipe_bears_its_name_and_a_preset() -> None:
    for name, recipe in RECIPES.items():
        assert recipe.name == name
        assert recipe.preset in PRESETS
    assert isinstance(RECIPES["guided"], GuidedRecipe)


def test_fields_of_recipe_and_sizes_are_set_from_text() -> None:
    settings = {"lr": "3e-4", "batch": "8", "schedule": "plateau", "yaw": "5", "width": "4", "confidence": "true"}
    recipe, dims = with_settings(RECIPES["guided"], PRESETS["light"], settings)
    assert isinstance(recipe, GuidedRecipe)
    assert (recipe.lr, recipe.batch, recipe.schedule, recipe.yaw) == (3e-4, 8, "plateau", 5.0)
    assert type(recipe.batch) is int
    assert (dims.width, dims.confidence, dims.side) == (4, True, 128)


def test_nothing_set_changes_nothing() -> None:
    assert with_settings(RECIPES["paper"], Dims(), {}) == (RECIPES["paper"], Dims())


def test_every_field_can_be_set_to_what_it_is() -> None:
    for recipe in RECIPES.values():
        for values in (recipe, PRESETS[recipe.preset]):
            texts = {key: str(value) for key, value in vars(values).items() if key not in ("name", "preset")}
            texts |= {key: text.lower() for key, text in texts.items() if text in ("True", "False")}
            assert with_settings(recipe, PRESETS[recipe.preset], texts) == (recipe, PRESETS[recipe.preset])


@pytest.mark.parametrize(
    ("key", "text", "named"),
    [
        ("lr", "fast", "expected a number"),
        ("batch", "2.5", "expected a whole number"),
        ("batch", "1", "batch is 1"),
        ("accumulate", "0", "accumulate is 0"),
        ("every", "0", "every is 0"),
        ("schedule", "linear", "expected one of cosine, plateau"),
        ("confidence", "yes", "expected true or false"),
        ("guidance", "1", "has no 'guidance'"),
        ("name", "mine", "has no 'name'"),
        ("side", "100", "side is 100"),
        ("padding", "reflect", "expected one of zeros, border"),
    ],
)
def test_what_cannot_be_set_is_told(key: str, text: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        with_settings(RECIPES["photometric"], PRESETS["light"], {key: text})


def test_an_unknown_field_is_answered_by_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"--set learning=1: .*\blr\b.*\bwidth\b"):
        with_settings(Recipe("photometric"), Dims(), {"learning": "1"})

"""Runs that begin with weights instead of at random."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from x2face_core.errors import WeightsError
from x2face_core.networks.dims import Dims
from x2face_core.training.engine import Length
from x2face_core.training.initial_weights import load_initial
from x2face_core.training.recipes import RECIPES
from x2face_core.training.session import Plan, train


@pytest.fixture
def first(face_folder: Path, tmp_path: Path, dims: Dims) -> Plan:
    """A run of two steps, done."""
    recipe = replace(RECIPES["guided"], batch=4, dtype="fp32", optical=0.0)
    plan = Plan(tmp_path / "first", face_folder, recipe, dims, Length(steps=2), device="cpu")
    train(plan, lambda report: None)
    return plan


def test_a_run_begins_with_the_weights_it_is_given(first: Plan, tmp_path: Path) -> None:
    """At a learning rate of nothing they are what comes out, layout included, and the statement says whose they are."""
    weights = first.out / "weights.safetensors"
    still = replace(first.recipe, lr=1e-12, ema=0.0)
    plan = replace(first, out=tmp_path / "second", recipe=still, start=weights, length=Length(steps=1))
    state = train(plan, lambda report: None)
    before, after = load_file(weights), load_file(plan.out / "weights.safetensors")
    networks = [name for name in before if name.startswith(("embedding.", "driving."))] + ["layout"]
    assert sum(name.endswith("running_mean") for name in networks) > 4  # statistics of batch norms are kept, too
    assert len(networks) > 30 and all(torch.allclose(before[name], after[name], atol=1e-9) for name in networks)
    assert "begun with weights, which saw 8 clips of 4 people" in str(state.data["statement"])


def test_weights_of_other_sizes_are_refused(first: Plan, dims: Dims) -> None:
    with pytest.raises(WeightsError, match="differ from the networks to train in width"):
        load_initial(first.out / "weights.safetensors", replace(dims, width=8))


def test_statistics_of_batch_norms_are_kept_by_runs_that_begin_with_weights(first: Plan, tmp_path: Path) -> None:
    """Unless the recipe says otherwise; a resumed run goes on as it began."""
    second = replace(first, out=tmp_path / "second", start=first.out / "weights.safetensors", length=Length(steps=1))
    assert train(first, lambda report: None).recipe["norms"] == "batch"
    assert train(second, lambda report: None).recipe["norms"] == "kept"
    assert train(replace(second, start=None, length=Length(steps=2)), lambda report: None).recipe["norms"] == "kept"
    other = replace(second, out=tmp_path / "third", recipe=replace(second.recipe, norms="batch"))
    assert train(other, lambda report: None).recipe["norms"] == "batch"

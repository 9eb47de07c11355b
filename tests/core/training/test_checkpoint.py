"""The state of a run on disk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from x2face_core.errors import WeightsError
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.training.checkpoint import (
    RunState,
    load_checkpoint,
    optimiser_tensors,
    restore_optimiser,
    save_checkpoint,
)

STATE = RunState(
    step=7,
    samples=224,
    seconds=12.5,
    lr_factor=0.1,
    best=0.71,
    stalled=2,
    recipe={"name": "guided", "lr": 8e-4},
    dims={"side": 32},
    data={"statement": "drawn"},
    history=[{"step": 5, "held_ratio": 0.7}],
)


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    tensors = {"objective.weight": torch.randn(3, 4), "steps": torch.tensor(5), "half": torch.ones(2).bfloat16()}
    save_checkpoint(tmp_path / "c.safetensors", tensors, STATE)
    found, state = load_checkpoint(tmp_path / "c.safetensors")
    assert state == STATE
    assert found.keys() == tensors.keys()
    for name, value in tensors.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value)


def test_a_checkpoint_replaces_the_one_before_and_leaves_nothing_beside(tmp_path: Path) -> None:
    for step in (1, 2):
        save_checkpoint(tmp_path / "c.safetensors", {"w": torch.tensor([step])}, RunState(step=step))
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]
    assert load_checkpoint(tmp_path / "c.safetensors")[1].step == 2


def test_the_optimisers_state_comes_back_in_the_memory_format_of_the_parameters(tmp_path: Path) -> None:
    convolution = in_memory_format(torch.nn.Conv2d(3, 4, 3), torch.channels_last)
    first, second = (torch.optim.AdamW(convolution.parameters()) for _ in range(2))
    convolution(torch.randn(1, 3, 8, 8)).sum().backward()
    first.step()
    save_checkpoint(tmp_path / "c.safetensors", optimiser_tensors(first), STATE)
    restore_optimiser(second, load_checkpoint(tmp_path / "c.safetensors")[0])
    for parameter in convolution.parameters():
        moment = second.state[parameter]["exp_avg"]
        assert moment.stride() == parameter.stride()
        assert torch.equal(moment, first.state[parameter]["exp_avg"])


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.safetensors", {"w": torch.ones(1)}, RunState(step=1))
    with pytest.raises(TypeError):
        save_checkpoint(tmp_path / "c.safetensors", {"w": torch.ones(1)}, RunState(data={"odd": object()}))
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]
    assert load_checkpoint(tmp_path / "c.safetensors")[1].step == 1


@pytest.mark.parametrize("spoil", ["text", "cut", "foreign", "state"])
def test_a_broken_checkpoint_says_how_to_start_over(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, {"w": torch.ones(100)}, STATE)
    if spoil == "text":
        path.write_text("not a checkpoint")
    elif spoil == "cut":
        path.write_bytes(path.read_bytes()[:-10])
    elif spoil == "foreign":
        save_file({"w": torch.ones(1)}, path)
    else:
        save_file({"w": torch.ones(1)}, path, metadata={"x2face.run": '{"wheels": 4}'})
    with pytest.raises(WeightsError, match=f"{re.escape(str(path))}.*--fresh"):
        load_checkpoint(path)


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_an_optimiser_goes_on_from_its_tensors(kind: str) -> None:
    def taught(steps: int, state: dict[str, torch.Tensor] | None, start: torch.Tensor) -> tuple:
        weight = torch.nn.Parameter(start.clone())
        optimiser: torch.optim.Optimizer
        if kind == "sgd":
            optimiser = torch.optim.SGD([weight], 0.1, momentum=0.9)
        else:
            optimiser = torch.optim.AdamW([weight], 0.1, fused=True)
        if state is not None:
            restore_optimiser(optimiser, state)
        for _ in range(steps):
            optimiser.zero_grad()
            (weight**2).sum().backward()
            optimiser.step()
        return weight.detach(), optimiser_tensors(optimiser)

    start = torch.tensor([1.0, -2.0])
    whole, _ = taught(6, None, start)
    half, state = taught(3, None, start)
    assert set(state) <= {f"optimiser.0.{name}" for name in ("momentum_buffer", "exp_avg", "exp_avg_sq", "step")}
    on, _ = taught(3, state, half)
    assert torch.equal(on, whole)
    forgetful, _ = taught(3, None, half)
    assert not torch.equal(forgetful, whole)

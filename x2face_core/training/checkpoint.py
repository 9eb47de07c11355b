"""The state of a training run in one safetensors file, written atomically."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_core.bounds import fault_of
from x2face_core.errors import WeightsError
from x2face_core.files.descriptions import described
from x2face_core.files.faults import reason
from x2face_core.files.kinds import FileKind
from x2face_core.files.storing import write_tensors

CHECKPOINT = "checkpoint.safetensors"
"""File name in a run's folder."""
_KIND = FileKind("x2face.run", "checkpoint", "x2face train", "--fresh starts over")


_BOUNDS = {
    **dict.fromkeys(("step", "samples", "seconds", "stalled"), (0, 1e15)),
    "lr_factor": (0.0, 1.0),
}


@dataclass
class RunState:
    """The state of a run without its tensors.

    best, stalled: the best held-out ratio, and number of evaluations since
    history: one row for each evaluation: step, seconds, losses, held-out figures
    """

    step: int = 0
    samples: int = 0
    seconds: float = 0.0
    lr_factor: float = 1.0
    best: float | None = None
    stalled: int = 0
    recipe: dict[str, Any] = field(default_factory=dict)
    dims: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def save_checkpoint(path: Path, tensors: dict[str, Tensor], state: RunState) -> None:
    """Write tensors by name, of any shape, and the state atomically. UsageError if that fails."""
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_tensors(path, whole, _KIND.metadata(state.__dict__))


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], RunState]:
    """Read tensors and state. WeightsError if the file is missing, broken or of another kind."""
    return _KIND.tensors(path), _KIND.read(path, _state)


def _state(content: object) -> RunState:
    """Validate the state of a run. ValueError names an invalid field."""
    state = described(RunState, content)
    if fault := fault_of(state, _BOUNDS):
        raise ValueError(fault)
    return state


@contextmanager
def checkpoint_errors(path: Path) -> Iterator[None]:
    """Turn errors from loading a checkpoint's tensors into a WeightsError."""
    try:
        yield
    except (RuntimeError, KeyError, ValueError, TypeError, AttributeError) as error:
        why = f"does not fit the networks that are trained ({reason(error):.200})"
        raise WeightsError(f"{path}: {why}; {_KIND.remedy}.") from error


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's state as flat tensors: "optimiser.{parameter}.{entry}"."""
    state = optimiser.state_dict()["state"]
    return {
        f"optimiser.{index}.{entry}": torch.as_tensor(value)
        for index, entries in state.items()
        for entry, value in entries.items()
        if value is not None
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Restore what optimiser_tensors returned, in the memory format of the parameters, as fused steps on a GPU need."""
    whole = optimiser.state_dict()
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, index, entry = name.split(".", 2)
            state.setdefault(int(index), {})[entry] = _laid_out_like(parameters[int(index)], value)
    whole["state"] = state
    optimiser.load_state_dict(whole)


def _laid_out_like(parameter: Tensor, value: Tensor) -> Tensor:
    if value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value)

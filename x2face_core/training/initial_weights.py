"""Initial weights of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.networks.dims import Dims
from x2face_core.weights import find_weights, load_weights, read_info

_PARTS = ("embedding.", "driving.", "completion.")


@dataclass(frozen=True)
class InitialWeights:
    """tensors: of both networks, float32; layout: (71, 3) or None; name, data: from the file's description"""

    tensors: dict[str, Tensor]
    layout: Tensor | None
    name: str
    data: str


def dims_of(weights: str | Path) -> Dims:
    """The Dims of weights by name or path."""
    return Dims.from_dict(read_info(find_weights(weights)).dims)


def preset_of(weights: str | Path) -> str:
    """The preset of weights by name or path, such as light or paper."""
    return read_info(find_weights(weights)).preset


def load_initial(weights: str | Path, dims: Dims) -> InitialWeights:
    """Load weights by name or path. WeightsError if they are missing, broken or of other sizes than `dims`.

    The size of the completion network may differ.
    """
    path = find_weights(weights)
    info, tensors = load_weights(path)
    theirs = Dims.from_dict(info.dims)
    changed = [key for key, value in dims.to_dict().items() if theirs.to_dict()[key] != value and key != "completion"]
    if changed:
        raise WeightsError(f"{path}: these weights differ from the networks to train in {', '.join(changed)}.")
    kept = _PARTS if theirs.completion == dims.completion else _PARTS[:2]
    networks = {name: value.float() for name, value in tensors.items() if name.startswith(kept)}
    layout = tensors.get("layout")
    return InitialWeights(networks, None if layout is None else layout.float(), info.name, info.data)

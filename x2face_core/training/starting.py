"""Weights that a training run begins with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.networks.dims import Dims
from x2face_core.weights import find_weights, load_weights, read_info

_PARTS = ("embedding.", "driving.", "completion.")


@dataclass(frozen=True)
class Started:
    """tensors: of both networks, float32; layout: (71, 3) or None; name, data: what the file says of itself"""

    tensors: dict[str, Tensor]
    layout: Tensor | None
    name: str
    data: str


def sizes(weights: str | Path) -> Dims:
    """Of weights by name or path."""
    return Dims.from_dict(read_info(find_weights(weights)).dims)


def starting(weights: str | Path, dims: Dims) -> Started:
    """Weights by name or path. WeightsError where they are missing, broken or of other sizes than `dims`.

    A completion network that they lack, or have and shall not keep, is no difference.
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
    return Started(networks, None if layout is None else layout.float(), info.name, info.data)

"""Recognition of the released parts by their content, not by file name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from x2face_core.convert.estimators import LinearRegression, StandardScaler
from x2face_core.convert.names import DRIVING, EMBEDDING, PARALLEL
from x2face_core.convert.reading import read_released
from x2face_core.errors import UsageError, WeightsError

PartKind = Literal["networks", "pose reading", "pose writing", "speech regression", "speech scaling"]
Tensors = dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Part:
    """One released file.

    networks: both networks, under the released names (x2face_model.pth)
    pose reading: weight (3, vector), bias (3,), vectors to roll, pitch, yaw in radians (posereg.pth)
    pose writing: weight (vector, 3) and a batch norm's weight, bias, running_mean, running_var (vector,), radians to
        vectors (posetobottle.pth)
    speech regression: weight (vector, k), bias (vector,), k features of speech to vectors (linearregression….pkl)
    speech scaling: mean (k,), scale (k,), of those features (scaler….pkl)
    """

    kind: PartKind
    path: Path
    tensors: Tensors


def read_part(path: Path) -> Part:
    """Read and recognise a file. Raises as read_released; WeightsError if it is none of the parts."""
    content = read_released(path)
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    try:
        found = _of_scikit_learn(content) or _of_torch(content)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path}: holds a {type(content).__name__} that was not fitted ({error!r}).") from error
    if found is None:
        raise WeightsError(
            f"{path}: holds neither the networks, nor a pose or speech mapping, as the authors released them."
        )
    return Part(found[0], path, found[1])


def one_of_each(parts: Iterable[Part]) -> dict[PartKind, Part]:
    """Parts by kind. UsageError if two files hold the same part."""
    chosen: dict[PartKind, Part] = {}
    for part in parts:
        before = chosen.setdefault(part.kind, part)
        if before is not part:
            raise UsageError(f"{before.path} and {part.path} both hold the {part.kind}; give one of them.")
    return chosen


def _of_torch(content: Any) -> tuple[PartKind, Tensors] | None:
    if not isinstance(content, Mapping):
        return None
    state = {str(name).removeprefix(PARALLEL): it for name, it in content.items() if isinstance(it, Tensor)}
    if any(name.startswith(EMBEDDING) for name in state) and any(name.startswith(DRIVING) for name in state):
        return "networks", state
    if {"posefrombottle.weight", "posefrombottle.bias"} <= state.keys():
        return "pose reading", {part: state[f"posefrombottle.{part}"] for part in ("weight", "bias")}
    norm = {f"norm.{part}": f"1.{part}" for part in ("weight", "bias", "running_mean", "running_var")}
    if {"0.weight", *norm.values()} <= state.keys():
        return "pose writing", {"weight": state["0.weight"]} | {ours: state[theirs] for ours, theirs in norm.items()}
    return None


def _of_scikit_learn(content: Any) -> tuple[PartKind, Tensors] | None:
    if isinstance(content, LinearRegression):
        return "speech regression", _numbers(content.attributes, weight="coef_", bias="intercept_")
    if isinstance(content, StandardScaler):
        return "speech scaling", _numbers(content.attributes, mean="mean_", scale="scale_")
    return None


def _numbers(attributes: Mapping[str, Any], **named: str) -> Tensors:
    """Attributes as float64 tensors under other names. KeyError, TypeError if one is missing or not numeric."""
    return {
        ours: torch.from_numpy(np.array(attributes[theirs]).astype(np.float64, casting="same_kind"))
        for ours, theirs in named.items()
    }

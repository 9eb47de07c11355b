"""VGG state dicts of torch, under torchvision's names or under those of layers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from x2face_core.convert.reading import read_released
from x2face_core.errors import WeightsError
from x2face_core.identity.layers import Layers
from x2face_core.networks.identity import IMAGENET_DEVIATION, IMAGENET_MEAN

_TORCHVISION = re.compile(r"(?:^|\.)(features|classifier)\.(\d+)\.(weight|bias|running_mean|running_var)$")
_NAMED = re.compile(r"(?:^|\.)(conv|fc)_?(\d+)_?(\d*)\.(weight|bias)$")
Parts = dict[tuple[str, int, int], dict[str, Tensor]]


def state_dict_layers(path: Path) -> Layers:
    """The layers of a file by torch.save: a state dict, or a dict that holds one as "state_dict".

    WeightsError if it holds neither, or no network that is known.
    """
    content = read_released(path)
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping):
        raise WeightsError(f"{path}: holds no state dict; save `network.state_dict()` by torch.save.")
    tensors = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if parts := _parts(tensors, _TORCHVISION):
        return _layers(parts, Layers(mean=IMAGENET_MEAN, deviation=IMAGENET_DEVIATION), path)
    if parts := _parts(tensors, _NAMED):
        return _layers(parts, Layers(), path)
    found = next(iter(tensors), "none")
    raise WeightsError(
        f"{path}: expected tensors named as features.0.weight or conv1_1.weight; its first is {found!r:.80}."
    )


def _parts(tensors: Mapping[str, Tensor], pattern: re.Pattern[str]) -> Parts:
    """The tensors of each layer, by part of the network and number."""
    found: Parts = defaultdict(dict)
    for name, value in tensors.items():
        if match := pattern.search(name):
            part, number, *rest = match.groups()
            place = int(rest[0] or 0) if len(rest) > 1 else 0
            found[part, int(number), place][rest[-1]] = value
    return found


def _layers(parts: Parts, layers: Layers, path: Path) -> Layers:
    for (part, number, place), values in sorted(
        parts.items(), key=lambda item: (item[0][0] in ("classifier", "fc"), *item[0][1:])
    ):
        weight, bias = values.get("weight"), values.get("bias")
        where = f"{part}.{number}" if not place else f"{part}{number}_{place}"
        if weight is None:
            raise WeightsError(f"{path}: {where} has no weight.")
        bias = torch.zeros(len(weight)) if bias is None else bias
        if weight.dim() == 4:
            layers.convolutions.append((weight, bias))
        elif weight.dim() == 2:
            layers.dense.append((weight, bias))
        elif {"running_mean", "running_var"} <= values.keys():
            layers.norms.append(values | {"bias": bias})
        else:
            raise WeightsError(f"{path}: {where}.weight has the shape {tuple(weight.shape)}, which no VGG layer has.")
    return layers

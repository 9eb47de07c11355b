"""Weights that carry mappings fitted for them, all in one file: what `x2face convert` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import WeightsError
from x2face_core.foreign import call_foreign
from x2face_core.weights import WeightsInfo, read_header, read_info, save_weights
from x2face_plugins.mappings.files import MappingInfo, as_tensors

if TYPE_CHECKING:
    from torch import Tensor

    from x2face_core import driving
    from x2face_plugins.offers import Offer
    from x2face_plugins.specs import MappingSpec

    Carried = tuple[Offer[MappingSpec], driving.Mapping, str]

_KEY = "x2face.mappings"
WRITER = "x2face convert"


def save_with_mappings(
    path: Path, tensors: Mapping[str, Tensor], info: Mapping[str, Any], carried: Sequence[Carried]
) -> WeightsInfo:
    """Write weights in full precision, and mappings beside them, as save_weights does.

    tensors, info: of the weights; carried: which mapping, fitted, and what it was fitted on
    """
    beside: dict[str, Tensor] = {}
    told = []
    for offer, mapping, data in carried:
        state = as_tensors(call_foreign(offer.owner, mapping.state_dict), offer.owner)
        beside |= {f"{_prefix(offer.dist, offer.name)}{name}": value for name, value in state.items()}
        described = MappingInfo.of(offer, "", data=data).to_json()
        told.append({name: value for name, value in described.items() if name != "space"})  # it is the weights'
    return save_weights(path, tensors, info, halves=False, beside=beside, metadata={_KEY: json.dumps(told)})


def carried_mappings(path: Path | None) -> list[MappingInfo]:
    """The mappings in a file of weights; most carry none. WeightsError where it cannot be read."""
    text = read_header(path, WRITER).get("__metadata__", {}).get(_KEY) if path else None
    if path is None or text is None:
        return []
    space = read_info(path).fingerprint
    try:
        return [_info(told, space, path) for told in json.loads(text)]
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path}: what it says of its mappings cannot be read ({error}); make it again.") from error


def _info(told: dict[str, Any], space: str, path: Path) -> MappingInfo:
    named = {"labels": tuple(told["labels"]), "units": tuple(told["units"])}
    found = {"space": space, "path": path, "prefix": _prefix(told["dist"], told["name"])}
    return MappingInfo(**{**told, **named, **found})


def _prefix(dist: str, name: str) -> str:
    return f"mappings.{dist}.{name}."

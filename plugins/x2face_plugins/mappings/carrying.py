"""Weights and the mappings fitted for them in one file, as written by `x2face convert`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.files.checksums import checksum
from x2face_core.files.descriptions import described
from x2face_core.files.kinds import FileKind
from x2face_core.foreign import call_foreign
from x2face_core.weights import WeightsInfo, read_info, save_weights
from x2face_plugins.mappings.files import MappingInfo, as_tensors

if TYPE_CHECKING:
    from torch import Tensor

    from x2face_core import driving
    from x2face_plugins.offers import Offer
    from x2face_plugins.specs import MappingSpec

    Carried = tuple[Offer[MappingSpec], driving.Mapping, str]

_KIND = FileKind("x2face.mappings", "weights that carry mappings", "x2face convert", "make it again")


def save_with_mappings(
    path: Path,
    tensors: Mapping[str, Tensor],
    info: Mapping[str, Any],
    carried: Sequence[Carried],
    *,
    overwrite: bool = True,
) -> WeightsInfo:
    """Write weights in full precision and mappings to one file, as save_weights does.

    tensors, info: of the weights; carried: offer, fitted mapping and description of its data
    overwrite: as of write_tensors
    """
    extra_tensors: dict[str, Tensor] = {}
    metadata = {}
    for offer, mapping, data in carried:
        state = as_tensors(call_foreign(offer.owner, mapping.state_dict), offer.owner)
        extra_tensors |= {f"{_prefix(offer.dist, offer.name)}{name}": value for name, value in state.items()}
        shown = MappingInfo.of(offer, "", data=data, sha256=checksum(state)).to_json()
        shown.pop("space", None)  # it is the weights'
        metadata[offer.full_name] = shown
    return save_weights(
        path, tensors, info, halves=False, extra_tensors=extra_tensors, metadata=_KIND.metadata(metadata),
        overwrite=overwrite,
    )  # fmt: skip


def carried_mappings(path: Path | None) -> list[MappingInfo]:
    """The mappings in a file of weights; most have none. WeightsError if it cannot be read."""
    if path is None or _KIND.key not in _KIND.header(path).get("__metadata__", {}):
        return []
    space = read_info(path).fingerprint
    return _KIND.read(path, lambda metadata: [_info(one, space, path) for one in dict(metadata).values()])


def _info(metadata: Any, space: str, path: Path) -> MappingInfo:
    info = described(MappingInfo, metadata, space=space, path=path, prefix="")
    return replace(info, prefix=_prefix(info.dist, info.name))


def _prefix(dist: str, name: str) -> str:
    return f"mappings.{dist}.{name}."

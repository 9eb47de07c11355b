"""Fitted mappings on disk: safetensors that say which mapping they are, whose, and for which driving space."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping as Mapped
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import InputError, PluginError, UsageError, WeightsError
from x2face_core.foreign import Owner, call_foreign
from x2face_core.storing import write_tensors
from x2face_core.weights import home, load_tensors, read_header
from x2face_plugins.offers import Offer
from x2face_plugins.specs import MappingSpec

if TYPE_CHECKING:
    from torch import Tensor

    from x2face_core.driving import Mapping

_KEY = "x2face.mapping"
WRITER = "x2face fit"


@dataclass(frozen=True)
class MappingInfo:
    """What a file says of the mapping in it.

    space: fingerprint of the driving encoder that it was fitted for
    dist, version: of the distribution that the mapping came with
    labels, units: a name and a unit for each number that it takes
    figures: what the fitting found; data: what it was fitted on
    path, prefix: the file, and how its tensors' names begin there, where the file holds more than the mapping
    """

    name: str
    space: str
    dist: str
    version: str
    labels: tuple[str, ...]
    units: tuple[str, ...]
    figures: dict[str, Any] = field(default_factory=dict)
    data: str = ""
    path: Path | None = None
    prefix: str = ""

    @classmethod
    def of(cls, offer: Offer[MappingSpec], space: str, **more: Any) -> MappingInfo:
        """Of an installed mapping. more: figures, data"""
        spec = offer.spec
        return cls(spec.name, space, offer.dist, offer.version, spec.labels, spec.units, **more)

    def is_of(self, offer: Offer[MappingSpec]) -> bool:
        """Whether it is of that mapping of that distribution, whatever version."""
        return (self.name, self.dist) == (offer.name, offer.dist)

    def to_json(self) -> dict[str, Any]:
        """What a file says: not where it lies."""
        return {name: value for name, value in asdict(self).items() if name not in ("path", "prefix")}


def mapping_place(offer: Offer[MappingSpec], space: str) -> Path:
    """Where `x2face fit` puts a mapping unless it is told otherwise."""
    return home() / "mappings" / space / offer.dist / f"{offer.name}.safetensors"


def save_mapping(path: str | Path, mapping: Mapping, info: MappingInfo) -> MappingInfo:
    """Write a mapping's state beside and rename, in the types that it has; folders above are made.

    info: its path is not looked at
    Raises PluginError where the state is not names and tensors (or arrays), InputError where nothing can be written.
    """
    path = Path(path)
    owner = Owner("mapping", info.name, info.dist, info.version)
    tensors = as_tensors(call_foreign(owner, mapping.state_dict), owner)
    told = json.loads(json.dumps(info.to_json(), default=_plain))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error}); choose another place.") from error
    write_tensors(path, tensors, {_KEY: json.dumps(told)})
    return replace(info, figures=told["figures"], path=path)


def _plain(value: Any) -> Any:
    """Arrays, tensors and their numbers, as a plugin's figures may hold them, as JSON has them."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def as_tensors(state: Any, owner: Owner) -> dict[str, Tensor]:
    """What a mapping's state_dict gave, as it is stored. PluginError where it is not names and tensors or arrays.

    owner: whose it is, for errors
    """
    import numpy as np
    import torch

    if not isinstance(state, Mapped) or not state:
        raise PluginError(f"The {owner} has nothing to store: its state_dict() gave {state!r}.")
    tensors = {}
    for name, value in state.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor | np.ndarray):
            raise PluginError(f"The {owner} has {name!r}, {type(value).__name__}, in its state_dict(), not a tensor.")
        tensors[name] = torch.as_tensor(value).detach().cpu().clone().contiguous()
    return tensors


def check_place(path: Path) -> None:
    """UsageError where a mapping cannot be written there, or would replace something that is none."""
    above = next((folder for folder in path.parents if folder.exists()), Path())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise UsageError(f"{path}: {above} is no folder that can be written to; choose another output.")
    if path.is_dir():
        raise UsageError(f"{path} is a folder; -o takes the mapping's file, such as {path / 'mapping.safetensors'}.")
    if path.exists():
        try:
            read_mapping_info(path)
        except WeightsError:
            raise UsageError(f"{path} exists already and is no mapping; choose another output.") from None


def read_mapping_info(path: str | Path) -> MappingInfo:
    """What a file says of itself; only its header is read. WeightsError where it holds no mapping."""
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; `{WRITER} NAME --data DIR -o FILE` writes a mapping.")
    metadata = read_header(path, WRITER).get("__metadata__", {})
    if _KEY not in metadata:
        raise WeightsError(f"{path}: holds no mapping; `{WRITER}` writes such files.")
    try:
        told = json.loads(metadata[_KEY])
        told |= {"labels": tuple(told["labels"]), "units": tuple(told["units"]), "path": path}
        return MappingInfo(**told)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{path}: its description cannot be read ({error}); fit it again.") from error


def own_mappings(space: str) -> list[MappingInfo]:
    """The mappings in the user's own place that are fitted for a driving space; broken files are left out."""
    found = []
    for path in sorted((home() / "mappings" / space).glob("*/*.safetensors")):
        with contextlib.suppress(WeightsError):
            found.append(read_mapping_info(path))
    return [info for info in found if info.space == space]


def load_state(path: str | Path, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a mapping's file, or those in it whose names begin so. WeightsError where it is broken."""
    return load_tensors(Path(path), "make it again", prefix)

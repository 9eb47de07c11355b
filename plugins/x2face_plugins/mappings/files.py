"""Fitted mappings on disk: safetensors with name, distribution and driving space in the metadata."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping as Mapped
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import PluginError, UsageError, WeightsError
from x2face_core.files.checksums import checksum
from x2face_core.files.descriptions import described
from x2face_core.files.kinds import FileKind
from x2face_core.files.names import checked_dist, checked_space, is_dist, is_space
from x2face_core.files.placing import make_folders_above
from x2face_core.files.storing import write_tensors
from x2face_core.foreign import Owner, call_foreign
from x2face_core.rendering.outputs import resolve_file
from x2face_core.weights import home, is_file, own_files
from x2face_plugins.offers import Offer
from x2face_plugins.specs import MappingSpec

if TYPE_CHECKING:
    from torch import Tensor

    from x2face_core.driving import Mapping

WRITER = "x2face fit"
_KIND = FileKind("x2face.mapping", "mapping", WRITER, "fit it again")


@dataclass(frozen=True)
class MappingInfo:
    """The description of a fitted mapping.

    space: fingerprint of the driving encoder that it was fitted for
    dist, version: of the plugin's distribution
    labels, units: name and unit of each of its k numbers
    figures: returned by its `fit`; data: description of the training data
    sha256: of all tensors; "" in older files
    path, prefix: file, and prefix of the tensors' names in it
    """

    name: str
    space: str
    dist: str
    version: str
    labels: tuple[str, ...]
    units: tuple[str, ...]
    figures: dict[str, Any] = field(default_factory=dict)
    data: str = ""
    sha256: str = ""
    path: Path | None = None
    prefix: str = ""

    @classmethod
    def of(
        cls,
        offer: Offer[MappingSpec],
        space: str,
        *,
        figures: Mapped[str, Any] | None = None,
        data: str = "",
        sha256: str = "",
    ) -> MappingInfo:
        """For an installed mapping, fitted for a driving space."""
        spec = offer.spec
        origin = (spec.name, space, offer.dist, offer.version)
        return cls(*origin, spec.labels, spec.units, figures=dict(figures or {}), data=data, sha256=sha256)

    def is_of(self, offer: Offer[MappingSpec]) -> bool:
        """Whether it belongs to that mapping of that distribution, of any version."""
        return (self.name, self.dist) == (offer.name, offer.dist)

    def to_json(self) -> dict[str, Any]:
        """The fields that are stored in the file."""
        return {name: value for name, value in asdict(self).items() if name not in ("path", "prefix")}


def mapping_place(offer: Offer[MappingSpec], space: str) -> Path:
    """The default output path of `x2face fit`."""
    return home() / "mappings" / checked_space(space) / checked_dist(offer.dist) / f"{offer.name}.safetensors"


def save_mapping(path: str | Path, mapping: Mapping, info: MappingInfo, *, overwrite: bool = True) -> MappingInfo:
    """Write a mapping's state atomically, with its own dtypes; creates the parent folders.

    info: its path is ignored; overwrite: as of write_tensors
    PluginError if the state is not a mapping of names to tensors or arrays; UsageError if the file cannot be written.
    """
    path = Path(path)
    owner = Owner("mapping", info.name, info.dist, info.version)
    tensors = as_tensors(call_foreign(owner, mapping.state_dict), owner)
    metadata = json.loads(json.dumps(info.to_json() | {"sha256": checksum(tensors)}, default=_plain))
    make_folders_above(path)
    write_tensors(path, tensors, _KIND.metadata(metadata), overwrite=overwrite)
    return replace(info, figures=metadata["figures"], sha256=metadata["sha256"], path=path)


def _plain(value: Any) -> Any:
    """Convert arrays, tensors and their scalars in a plugin's figures for JSON."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def as_tensors(state: Any, owner: Owner) -> dict[str, Tensor]:
    """Convert the result of state_dict to tensors. PluginError if it is not a mapping of names to tensors or arrays.

    owner: for errors
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


def check_place(path: Path, offer: Offer[MappingSpec]) -> None:
    """UsageError if a mapping cannot be written there, or would replace anything but the same mapping."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder; -o takes the mapping's file, such as {path / 'mapping.safetensors'}.")
    resolve_file(str(path), path.suffix.lower(), overwrite=True, inputs=[])
    if not is_file(path):
        return
    try:
        info = read_mapping_info(path)
    except WeightsError:
        raise UsageError(f"{path} exists already and is no mapping; choose another output.") from None
    if not info.is_of(offer):
        raise UsageError(f"{path} holds the mapping {info.name!r} of {info.dist}; choose another output.")


def read_mapping_info(path: str | Path) -> MappingInfo:
    """Read the description of a file, without its tensors. WeightsError if it holds no mapping."""
    path = Path(path)
    if not is_file(path):
        raise WeightsError(f"{path}: no such file; `{WRITER} NAME --data DIR -o FILE` writes a mapping.")
    info = _KIND.read(path, lambda metadata: described(MappingInfo, metadata, path=path, prefix=""))
    if not (is_space(info.space) and is_dist(info.dist)):
        raise WeightsError(f"{path}: is of a space or a distribution whose name is none; {_KIND.remedy}.")
    return info


def own_mappings(space: str) -> list[MappingInfo]:
    """The mappings in the user's own folder that are fitted for a driving space; broken files are skipped."""
    found = []
    for path in own_files("mappings", f"{checked_space(space)}/*/*.safetensors"):
        with contextlib.suppress(WeightsError):
            found.append(read_mapping_info(path))
    return [info for info in found if info.space == space]


def load_state(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a mapping's file. WeightsError if it is broken, or the checksum does not match."""
    return state_of(read_mapping_info(path))


def state_of(info: MappingInfo) -> dict[str, Tensor]:
    """The tensors of a described mapping, from its path and prefix."""
    path = info.path or Path()
    tensors = _KIND.tensors(path, info.prefix)
    if info.sha256:
        _KIND.check_sum(path, tensors, info.sha256)
    return tensors

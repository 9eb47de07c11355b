"""Fitted mappings on disk: safetensors that say which mapping they are, whose, and for which driving space."""

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
    """What a file says of the mapping in it.

    space: fingerprint of the driving encoder that it was fitted for
    dist, version: of the distribution that the mapping came with
    labels, units: a name and a unit for each number that it takes
    figures: what the fitting found; data: what it was fitted on
    sha256: of all tensors; "" in files that are older than that
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
        """Of an installed mapping, fitted for a driving space."""
        spec = offer.spec
        origin = (spec.name, space, offer.dist, offer.version)
        return cls(*origin, spec.labels, spec.units, figures=dict(figures or {}), data=data, sha256=sha256)

    def is_of(self, offer: Offer[MappingSpec]) -> bool:
        """Whether it is of that mapping of that distribution, whatever version."""
        return (self.name, self.dist) == (offer.name, offer.dist)

    def to_json(self) -> dict[str, Any]:
        """What a file says: not where it lies."""
        return {name: value for name, value in asdict(self).items() if name not in ("path", "prefix")}


def mapping_place(offer: Offer[MappingSpec], space: str) -> Path:
    """Where `x2face fit` puts a mapping unless it is told otherwise."""
    return home() / "mappings" / checked_space(space) / checked_dist(offer.dist) / f"{offer.name}.safetensors"


def save_mapping(path: str | Path, mapping: Mapping, info: MappingInfo, *, overwrite: bool = True) -> MappingInfo:
    """Write a mapping's state beside and rename, in the types that it has; folders above are made.

    info: its path is not looked at; overwrite: as write_tensors says
    Raises PluginError where the state is not names and tensors (or arrays), UsageError where nothing can be written.
    """
    path = Path(path)
    owner = Owner("mapping", info.name, info.dist, info.version)
    tensors = as_tensors(call_foreign(owner, mapping.state_dict), owner)
    metadata = json.loads(json.dumps(info.to_json() | {"sha256": checksum(tensors)}, default=_plain))
    make_folders_above(path)
    write_tensors(path, tensors, _KIND.metadata(metadata), overwrite=overwrite)
    return replace(info, figures=metadata["figures"], sha256=metadata["sha256"], path=path)


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


def check_place(path: Path, offer: Offer[MappingSpec]) -> None:
    """UsageError where a mapping cannot be written there, or would replace anything but the same one."""
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
    """What a file says of itself; only its header is read. WeightsError where it holds no mapping."""
    path = Path(path)
    if not is_file(path):
        raise WeightsError(f"{path}: no such file; `{WRITER} NAME --data DIR -o FILE` writes a mapping.")
    info = _KIND.read(path, lambda metadata: described(MappingInfo, metadata, path=path, prefix=""))
    if not (is_space(info.space) and is_dist(info.dist)):
        raise WeightsError(f"{path}: is of a space or a distribution whose name is none; {_KIND.remedy}.")
    return info


def own_mappings(space: str) -> list[MappingInfo]:
    """The mappings in the user's own place that are fitted for a driving space; broken files are left out."""
    found = []
    for path in own_files("mappings", f"{checked_space(space)}/*/*.safetensors"):
        with contextlib.suppress(WeightsError):
            found.append(read_mapping_info(path))
    return [info for info in found if info.space == space]


def load_state(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a mapping's file. WeightsError where it is broken, or they are not those that it speaks of."""
    return state_of(read_mapping_info(path))


def state_of(info: MappingInfo) -> dict[str, Tensor]:
    """The same of what is known already, wherever in the file its tensors are."""
    path = info.path or Path()
    tensors = _KIND.tensors(path, info.prefix)
    if info.sha256:
        _KIND.check_sum(path, tensors, info.sha256)
    return tensors

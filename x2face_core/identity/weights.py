"""Identity networks on disk: safetensors of our own, found by name, and files in public formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.files.checksums import checksum
from x2face_core.files.descriptions import described
from x2face_core.files.kinds import FileKind
from x2face_core.files.storing import write_tensors
from x2face_core.identity.public import SUFFIXES, read_public
from x2face_core.networks.identity import IdentityDims, IdentityNetwork
from x2face_core.weights import is_file, own_files

DEFAULT = "identity-1"
_KIND = FileKind("x2face.identity", "identity network", "x2face train identity", "train or copy it again")
_PACKAGED = Path(__file__).parents[1] / "assets" / "identity"


@dataclass(frozen=True)
class IdentityInfo:
    """The description of an identity network; fields as of weights.WeightsInfo."""

    name: str
    dims: dict[str, Any]
    sha256: str
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    data: str = ""


def find_identity(weights: str | Path | None = None) -> Path:
    """The file of an identity network by name or path; None: the default one. WeightsError if there is none."""
    asked = str(weights or DEFAULT)
    if Path(asked).suffix in (".safetensors", *SUFFIXES):
        if not is_file(asked):
            raise WeightsError(f"{asked}: no such identity network; `x2face train identity OUT --data DIR` makes one.")
        return Path(asked)
    for path in (*own_files("identity", "*.safetensors"), *_PACKAGED.glob("*.safetensors")):
        if path.stem == asked and is_file(path):
            return path
    raise WeightsError(
        f"{asked!r}: no identity network of this name; `x2face train identity OUT --data DIR` makes one."
    )


def load_identity(weights: str | Path | None = None) -> tuple[IdentityNetwork, IdentityInfo]:
    """Load a network for inference, by name or path: our own files, or a public one (identity.public).

    WeightsError if it is missing, broken, or has other shapes than a VGG network.
    """
    path = find_identity(weights)
    if path.suffix in SUFFIXES:
        return _public(path)
    info, tensors = read_identity_info(path), _KIND.tensors(path)
    _KIND.check_sum(path, tensors, info.sha256)
    return _filled(IdentityDims.from_dict(info.dims), tensors, path), info


def read_identity_info(path: Path) -> IdentityInfo:
    """Read the description of our own file, without its tensors. WeightsError if it holds none."""
    return _KIND.read(path, lambda metadata: described(IdentityInfo, metadata))


def save_identity(path: Path, network: IdentityNetwork, described: Mapping[str, Any]) -> IdentityInfo:
    """Write a network atomically; matrices and kernels as fp16, the rest as fp32.

    described: the fields of IdentityInfo without dims and sha256
    """
    stored = {name: _stored(value) for name, value in network.state_dict().items() if value.is_floating_point()}
    info = IdentityInfo(**described, dims=network.dims.to_dict(), sha256=checksum(stored))
    write_tensors(path, stored, _KIND.metadata(info.__dict__))
    return info


def _public(path: Path) -> tuple[IdentityNetwork, IdentityInfo]:
    dims, tensors = read_public(path)
    return _filled(dims, tensors, path), IdentityInfo(path.stem, dims.to_dict(), checksum(tensors))


def _filled(dims: IdentityDims, tensors: Mapping[str, Tensor], path: Path) -> IdentityNetwork:
    with torch.device("meta"):
        network = IdentityNetwork(dims)
    wanted = {name: value.shape for name, value in network.state_dict().items() if value.is_floating_point()}
    for name, shape in wanted.items():
        found = tensors.get(name)
        if found is None or found.shape != shape:
            there = "missing" if found is None else f"of shape {tuple(found.shape)}"
            raise WeightsError(
                f"{path}: {name} is {there}; {tuple(shape)} is needed in an identity network of its sizes."
            )
    kept = {name: tensors[name].float() for name in wanted}
    counts = {n: torch.tensor(0) for n in network.state_dict() if n.endswith("num_batches_tracked")}
    network.load_state_dict(kept | counts, assign=True)
    return network.eval().requires_grad_(False)


def _stored(value: Tensor) -> Tensor:
    return value.detach().cpu().to(torch.float16 if value.dim() >= 2 else torch.float32).contiguous()

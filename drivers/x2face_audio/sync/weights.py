"""The sync encoder on disk: safetensors, found by name in $X2FACE_HOME/sync or in the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_audio.sync.networks import SyncDims, SyncNetworks
from x2face_core.errors import WeightsError
from x2face_core.files.checksums import checksum
from x2face_core.files.descriptions import described
from x2face_core.files.kinds import FileKind
from x2face_core.files.storing import write_tensors
from x2face_core.weights import is_file, own_files

DEFAULT = "sync-2"
_KIND = FileKind("x2face.sync", "sync encoder", "x2face train sync", "train or copy it again")
_PACKAGED = Path(__file__).parents[1] / "assets" / "sync"


@dataclass(frozen=True)
class SyncInfo:
    """The description of an encoder; fields as of weights.WeightsInfo."""

    name: str
    dims: dict[str, Any]
    sha256: str
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    data: str = ""


def find_sync(name: str | Path = DEFAULT) -> Path:
    """The file of an encoder by name or path. WeightsError if there is none."""
    if Path(name).suffix == ".safetensors" and is_file(name):
        return Path(name)
    for path in (*own_files("sync", "*.safetensors"), *_PACKAGED.glob("*.safetensors")):
        if path.stem == str(name) and is_file(path):
            return path
    raise WeightsError(f"{name}: no such sync encoder; `x2face train sync OUT --data DIR` makes one.")


def load_sync(name: str | Path = DEFAULT) -> tuple[SyncNetworks, SyncInfo]:
    """Load an encoder for inference. WeightsError if the file is missing, broken or of another kind."""
    path = find_sync(name)
    info, tensors = read_sync_info(path), _KIND.tensors(path)
    _KIND.check_sum(path, tensors, info.sha256)
    try:
        networks = SyncNetworks(SyncDims.from_dict(info.dims))
        networks.load_state_dict({key: value.float() for key, value in tensors.items()}, strict=False)
    except (RuntimeError, WeightsError) as error:
        raise WeightsError(f"{path}: its tensors do not fit ({error}); {_KIND.remedy}.") from error
    return networks.eval().requires_grad_(False), info


def read_sync_info(path: Path) -> SyncInfo:
    """Read the description of an encoder, without its tensors. WeightsError if the file holds none."""
    return _KIND.read(path, lambda told: described(SyncInfo, told))


def save_sync(path: Path, networks: SyncNetworks, described: Mapping[str, Any]) -> SyncInfo:
    """Write an encoder atomically; matrices and kernels as fp16, the rest as fp32.

    described: the fields of SyncInfo without dims and sha256
    """
    stored = {name: _stored(value) for name, value in networks.state_dict().items() if value.is_floating_point()}
    info = SyncInfo(**described, dims=networks.dims.to_dict(), sha256=checksum(stored))
    write_tensors(path, stored, _KIND.metadata(info.__dict__))
    return info


def _stored(value: Tensor) -> Tensor:
    return value.detach().cpu().to(torch.float16 if value.dim() >= 2 else torch.float32).contiguous()

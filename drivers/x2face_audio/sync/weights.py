"""The sync encoder on disk: safetensors, found by name in $X2FACE_HOME/sync or in the package."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from x2face_audio.sync.networks import SyncDims, SyncNetworks
from x2face_core.auxiliary import AuxiliaryInfo, AuxiliaryKind
from x2face_core.files.kinds import FileKind

DEFAULT = "sync-2"
KIND = AuxiliaryKind(
    FileKind("x2face.sync", "sync encoder", "x2face train sync", "train or copy it again"),
    folder="sync",
    packaged=Path(__file__).parents[1] / "assets" / "sync",
)


def load_sync(name: str | Path = DEFAULT) -> tuple[SyncNetworks, AuxiliaryInfo]:
    """Load an encoder for inference, by name or path. WeightsError if it is missing, broken or of another kind."""
    return KIND.load(KIND.find(name), lambda dims: SyncNetworks(SyncDims.from_dict(dims)))


def save_sync(path: Path, networks: SyncNetworks, about: Mapping[str, Any]) -> AuxiliaryInfo:
    """Write an encoder atomically; about: as of AuxiliaryKind.save"""
    return KIND.save(path, networks, networks.dims.to_dict(), about)

"""Identity networks on disk: files of our own, found by name, and files in public formats."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from x2face_core.auxiliary import AuxiliaryInfo, AuxiliaryKind
from x2face_core.files.checksums import checksum
from x2face_core.files.kinds import FileKind
from x2face_core.identity.public import SUFFIXES, read_public
from x2face_core.networks.identity import IdentityDims, IdentityNetwork

DEFAULT = "identity-1"
KIND = AuxiliaryKind(
    FileKind("x2face.identity", "identity network", "x2face train identity", "train or copy it again"),
    folder="identity",
    packaged=Path(__file__).parents[1] / "assets" / "identity",
    suffixes=SUFFIXES,
)


def load_identity(weights: str | Path | None = None) -> tuple[IdentityNetwork, AuxiliaryInfo]:
    """Load a network for inference, by name or path: our own files, or a public one (identity.public).

    weights: None: the default one
    WeightsError if it is missing, broken, or has other shapes than a VGG network.
    """
    path = KIND.find(weights or DEFAULT)
    if path.suffix not in SUFFIXES:
        return KIND.load(path, lambda dims: IdentityNetwork(IdentityDims.from_dict(dims)))
    dims, tensors = read_public(path)
    info = AuxiliaryInfo(path.stem, dims.to_dict(), checksum(tensors))
    return KIND.filled(lambda: IdentityNetwork(dims), tensors, path), info


def save_identity(path: Path, network: IdentityNetwork, about: Mapping[str, Any]) -> AuxiliaryInfo:
    """Write a network atomically; about: as of AuxiliaryKind.save"""
    return KIND.save(path, network, network.dims.to_dict(), about)

"""Weights on disk: safetensors with all that is known of them in the metadata, found by name or path."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import InputError, WeightsError
from x2face_core.storing import write_tensors

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT = "light-1"
_KEY = "x2face.weights"
_PACKAGED = Path(__file__).parent / "assets" / "weights"


@dataclass(frozen=True)
class WeightsInfo:
    """What a file says of its weights.

    dims: the fields of networks.dims.Dims
    fingerprint: of the driving encoder as stored; two files that share it share their driving space
    sha256: of all tensors
    recipe: how they were trained, steps and samples included; metrics: measured figures; data: what they saw
    """

    name: str
    preset: str
    dims: dict[str, Any]
    fingerprint: str
    sha256: str
    parameters: dict[str, int]
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    data: str = ""
    path: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """As `x2face weights info --json` shows it, but for the mappings, which the plug-in host knows."""
        shown = asdict(self)
        shown.pop("path")
        return shown


def home() -> Path:
    """Where a user's own weights and mappings live: $X2FACE_HOME, else ~/.x2face."""
    return Path(os.environ.get("X2FACE_HOME") or Path.home() / ".x2face")


def find_weights(weights: str | Path | None = None) -> Path:
    """The file of weights given by name or path; the packaged default for None."""
    asked = str(weights or DEFAULT)
    if os.sep in asked or asked.endswith(".safetensors") or Path(asked).is_file():
        if not Path(asked).is_file():
            raise WeightsError(f"{asked}: no such weights; `x2face weights list` shows those that can be named.")
        return Path(asked)
    for folder in (home() / "weights", _PACKAGED):
        if (folder / f"{asked}.safetensors").is_file():
            return folder / f"{asked}.safetensors"
    raise WeightsError(f"{asked!r}: no weights of this name; `x2face weights list` shows those that can be named.")


def list_weights() -> list[WeightsInfo]:
    """All weights that can be given by name; a user's own before the packaged ones they shadow."""
    found: dict[str, WeightsInfo] = {}
    for folder in (home() / "weights", _PACKAGED):
        for path in sorted(folder.glob("*.safetensors")):
            found.setdefault(path.stem, read_info(path))
    return list(found.values())


def read_info(path: str | Path) -> WeightsInfo:
    """What a file says of itself; only its header is read, and torch is not imported."""
    metadata = read_header(Path(path)).get("__metadata__", {})
    if _KEY not in metadata:
        raise WeightsError(f"{path}: holds no x2face weights; `x2face train` writes such files.")
    try:
        return WeightsInfo(**json.loads(metadata[_KEY]), path=Path(path))
    except (TypeError, ValueError) as error:
        raise WeightsError(f"{path}: its description cannot be read ({error}).") from error


def read_header(path: Path, writer: str = "x2face train") -> dict[str, Any]:
    """The header of a safetensors file, read without torch. writer: the command that makes such files"""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length < 10_000_000:
                raise ValueError("no safetensors header")
            header = json.loads(file.read(length))
        if not isinstance(header, dict):
            raise ValueError("no safetensors header")
        return header
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: not a safetensors file ({error}); expected what `{writer}` writes.") from error


def load_tensors(path: Path, remedy: str = "copy or train it again", prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a file, as stored. prefix: only those whose names begin so, and their names without it"""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 (no mapping)
            return {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: broken ({error}); {remedy}.") from error


def save_weights(
    path: str | Path,
    tensors: Mapping[str, Tensor],
    info: Mapping[str, Any],
    *,
    halves: bool = True,
    beside: Mapping[str, Tensor] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> WeightsInfo:
    """Write weights beside and rename; the networks' kernels as fp16, the rest as fp32.

    info: the fields of WeightsInfo but for fingerprint, sha256 and path
    halves: False keeps the kernels as fp32 too
    beside, metadata: more that the file holds, as it is: tensors, and texts
    """
    import torch

    path, kernels = Path(path), torch.float16 if halves else torch.float32
    stored = {
        name: value.detach().cpu().to(kernels if value.dim() == 4 else torch.float32).contiguous()
        for name, value in tensors.items()
        if value.is_floating_point()
    } | dict(beside or {})
    described = dict(info) | {"fingerprint": fingerprint(stored), "sha256": checksum(stored)}
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder to write weights to.")
    write_tensors(path, stored, {_KEY: json.dumps(described), **(metadata or {})})
    return WeightsInfo(**described, path=path)


def verify(path: str | Path) -> WeightsInfo:
    """Compare a file's tensors with the checksum that it carries; WeightsError where they differ."""
    info = read_info(path)
    found = checksum(load_tensors(Path(path)))
    if found != info.sha256:
        raise WeightsError(f"{path}: its tensors have sha256 {found[:12]}…, not {info.sha256[:12]}…; copy it again.")
    return info


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """16 hexadecimal digits that tell one driving space from another: a hash of the driving encoder."""
    encoder = {name: value for name, value in tensors.items() if name.startswith("driving.encoder.")}
    return checksum(encoder)[:16]


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """sha256 over names, types, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()

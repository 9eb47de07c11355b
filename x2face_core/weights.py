"""Weights on disk: safetensors with all that is known of them in the metadata, found by name or path."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.files.checksums import checksum
from x2face_core.files.descriptions import described
from x2face_core.files.faults import expanded
from x2face_core.files.kinds import FileKind
from x2face_core.files.names import is_sha256, is_space
from x2face_core.files.storing import write_tensors

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT = "light-2"
_KIND = FileKind("x2face.weights", "x2face weights", "x2face train", "copy or train them again")
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
    """Where a user's own weights and mappings live: $X2FACE_HOME, else ~/.x2face.

    UsageError where nobody knows a home folder, as for users that the system has no entry of.
    """
    asked = os.environ.get("X2FACE_HOME")
    try:
        return expanded(asked) if asked else Path.home() / ".x2face"
    except RuntimeError:
        raise UsageError("this user has no home folder; set X2FACE_HOME to a folder of yours.") from None


def own_files(folder: str, pattern: str) -> list[Path]:
    """Files below a folder of a user's own; none where there is no home, or it may not be looked into."""
    with suppress(UsageError, OSError):
        return sorted((home() / folder).glob(pattern))
    return []


def find_weights(weights: str | Path | None = None) -> Path:
    """The file of weights given by name or path; the packaged default for None."""
    asked = str(weights or DEFAULT)
    if os.sep in asked or asked.endswith(".safetensors") or is_file(asked):
        if not is_file(asked):
            raise WeightsError(f"{asked}: no such weights; `x2face weights list` shows those that can be named.")
        return Path(asked)
    for path in _named():
        if path.stem == asked:
            return path
    raise WeightsError(f"{asked!r}: no weights of this name; `x2face weights list` shows those that can be named.")


def list_weights() -> list[WeightsInfo]:
    """All weights that can be given by name; a user's own before the packaged ones they shadow.

    Those that are broken are left out; see `broken_weights`.
    """
    return [found for found in _looked_at() if isinstance(found, WeightsInfo)]


def broken_weights() -> dict[Path, str]:
    """Files that cannot be used though they lie where weights do, and what is the matter with each."""
    return dict(found for found in _looked_at() if isinstance(found, tuple))


def _looked_at() -> Iterator[WeightsInfo | tuple[Path, str]]:
    """What each file says, as WeightsInfo under the name that it is called by; of a broken one, its path and why."""
    seen = set()
    for path in _named():
        if path.stem not in seen:
            seen.add(path.stem)
            try:
                yield replace(read_info(path), name=path.stem)
            except WeightsError as error:
                yield path, str(error)


def _named() -> Iterator[Path]:
    for path in (*own_files("weights", "*.safetensors"), *sorted(_PACKAGED.glob("*.safetensors"))):
        if is_file(path):
            yield path


def is_file(path: str | Path) -> bool:
    """Whether a file is there that can be seen; False also for names that no disk takes."""
    return os.path.isfile(path)  # noqa: PTH113


def read_info(path: str | Path) -> WeightsInfo:
    """What a file says of itself; only its header is read, and torch is not imported. WeightsError"""
    path = Path(path)
    info = _KIND.read(path, lambda metadata: described(WeightsInfo, metadata, path=path))
    if not (is_space(info.fingerprint) and is_sha256(info.sha256)):
        raise WeightsError(f"{path}: its description has no fingerprint or checksum that is one; {_KIND.remedy}.")
    return info


def load_weights(path: Path) -> tuple[WeightsInfo, dict[str, Tensor]]:
    """What a file says of itself, and its tensors. WeightsError where they are not those that it speaks of."""
    info, tensors = read_info(path), _KIND.tensors(path)
    _KIND.check_sum(path, tensors, info.sha256)
    if fingerprint(tensors) != info.fingerprint:
        raise WeightsError(f"{path}: its driving encoder has another fingerprint than it says; {_KIND.remedy}.")
    return info, tensors


def save_weights(
    path: str | Path,
    tensors: Mapping[str, Tensor],
    info: Mapping[str, Any],
    *,
    halves: bool = True,
    extra_tensors: Mapping[str, Tensor] | None = None,
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
    } | dict(extra_tensors or {})
    description = dict(info) | {"fingerprint": fingerprint(stored), "sha256": checksum(stored)}
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder to write weights to.")
    write_tensors(path, stored, _KIND.metadata(description) | dict(metadata or {}))
    return WeightsInfo(**description, path=path)


def verify(path: str | Path) -> WeightsInfo:
    """Compare a file's tensors with the checksum that it carries; WeightsError where they differ."""
    return load_weights(Path(path))[0]


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """16 hexadecimal digits that tell one driving space from another: a hash of the driving encoder."""
    encoder = {name: value for name, value in tensors.items() if name.startswith("driving.encoder.")}
    return checksum(encoder)[:16]

"""Weights on disk: safetensors files with a description in the metadata, found by name or path."""

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
    """The description in a file of weights.

    dims: the fields of networks.dims.Dims
    fingerprint: of the driving encoder as stored; files with the same fingerprint share their driving space
    sha256: of all tensors
    recipe: training settings, steps and samples included; metrics: measured figures; data: training data
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
        """As `x2face weights info --json` prints it, without the mappings, which the plug-in host adds."""
        shown = asdict(self)
        shown.pop("path")
        return shown


def home() -> Path:
    """The folder of the user's own weights and mappings: $X2FACE_HOME, else ~/.x2face.

    UsageError if there is no home folder, as for users without an entry in the system.
    """
    configured = os.environ.get("X2FACE_HOME")
    try:
        return expanded(configured) if configured else Path.home() / ".x2face"
    except RuntimeError:
        raise UsageError("this user has no home folder; set X2FACE_HOME to a folder of yours.") from None


def own_files(folder: str, pattern: str) -> list[Path]:
    """Files below a subfolder of `home`; none if there is no home, or it cannot be read."""
    with suppress(UsageError, OSError):
        return sorted((home() / folder).glob(pattern))
    return []


def find_weights(weights: str | Path | None = None) -> Path:
    """The file of weights by name or path; None: the packaged default. WeightsError if there is none."""
    name = str(weights or DEFAULT)
    if os.sep in name or name.endswith(".safetensors") or is_file(name):
        if not is_file(name):
            raise WeightsError(f"{name}: no such weights; `x2face weights list` shows those that can be named.")
        return Path(name)
    for path in _named():
        if path.stem == name:
            return path
    raise WeightsError(f"{name!r}: no weights of this name; `x2face weights list` shows those that can be named.")


def list_weights() -> list[WeightsInfo]:
    """All weights that can be given by name; the user's own shadow packaged ones of the same name.

    Broken files are left out; see `broken_weights`.
    """
    return [found for found in _described_files() if isinstance(found, WeightsInfo)]


def broken_weights() -> dict[Path, str]:
    """Broken files in the folders of weights, and what is wrong with each."""
    return dict(found for found in _described_files() if isinstance(found, tuple))


def _described_files() -> Iterator[WeightsInfo | tuple[Path, str]]:
    """The description of each file, named as the user calls it; for a broken file its path and what is wrong."""
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
    """Whether a regular file exists; False also for invalid names."""
    return os.path.isfile(path)  # noqa: PTH113 (Path raises for names that are too long)


def read_info(path: str | Path) -> WeightsInfo:
    """Read the description of a file, without its tensors and without importing torch. WeightsError if it is broken."""
    path = Path(path)
    info = _KIND.read(path, lambda metadata: described(WeightsInfo, metadata, path=path))
    if not (is_space(info.fingerprint) and is_sha256(info.sha256)):
        raise WeightsError(f"{path}: its description has no fingerprint or checksum that is one; {_KIND.remedy}.")
    return info


def load_weights(path: Path) -> tuple[WeightsInfo, dict[str, Tensor]]:
    """Read description and tensors. WeightsError if the file is broken, or the checksum does not match."""
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
    overwrite: bool = True,
) -> WeightsInfo:
    """Write weights atomically; convolution kernels of the networks as fp16, the rest as fp32.

    info: the fields of WeightsInfo without fingerprint, sha256 and path
    halves: False: store kernels as fp32 too
    extra_tensors, metadata: stored in the file unchanged; overwrite: as of write_tensors
    InputError if the folder does not exist, UsageError if the file cannot be written.
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
    write_tensors(path, stored, _KIND.metadata(description) | dict(metadata or {}), overwrite=overwrite)
    return WeightsInfo(**description, path=path)


def verify(path: str | Path) -> WeightsInfo:
    """Compare the tensors with the stored checksum; WeightsError if they differ."""
    return load_weights(Path(path))[0]


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """16 hexadecimal digits that identify the driving space: a hash of the driving encoder's tensors."""
    encoder = {name: value for name, value in tensors.items() if name.startswith("driving.encoder.")}
    return checksum(encoder)[:16]

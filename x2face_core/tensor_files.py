"""Safetensors files as they are read: what they say of themselves, and their tensors, nothing taken on trust."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from x2face_core.errors import WeightsError
from x2face_core.files.faults import reason

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
_LARGEST_HEADER = 10_000_000  # bytes
# What json raises for texts that are none, and for those that are nested deeper than Python goes.
BROKEN_JSON = (TypeError, ValueError, RecursionError)
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "text"),
    "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "float | None": ((int, float, type(None)), "a number, or null,"),
    "list[dict[str, float]]": ((list, tuple), "a list of names and numbers"),
    "dict[str, Any]": (dict, "names and values"),
    "dict[str, int]": (dict, "names and numbers"),
    "tuple[str, ...]": ((list, tuple), "a list of texts"),
    "tuple[dict[str, str], ...]": ((list, tuple), "a list of names and texts"),
}
_INNER: dict[str, type] = {  # of what is inside
    "dict[str, int]": int,
    "tuple[str, ...]": str,
    "list[dict[str, float]]": dict,
    "tuple[dict[str, str], ...]": dict,
}


def read_header(path: Path, writer: str = "x2face train") -> dict[str, Any]:
    """The header of a safetensors file, read without torch. writer: the command that makes such files"""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length < _LARGEST_HEADER:
                raise ValueError("no safetensors header")
            header = json.loads(file.read(length))
        if not isinstance(header, dict):
            raise ValueError("no safetensors header")
        return header
    except (OSError, *BROKEN_JSON) as error:
        why = f"not a safetensors file ({reason(error)})"
        raise WeightsError(f"{path}: {why}; expected what `{writer}` writes.") from error


def read_description(path: Path, key: str, kind: type[T], writer: str, what: str) -> dict[str, Any]:
    """What a file says of itself under a key of its metadata, as the fields of a dataclass.

    writer: the command that makes such files; what: they hold. WeightsError where it says nothing, or anything else.
    """
    metadata = read_header(path, writer).get("__metadata__")
    told = metadata.get(key) if isinstance(metadata, dict) else None
    if told is None:
        raise WeightsError(f"{path}: holds no {what}; `{writer}` writes such files.")
    try:
        return described(kind, json.loads(told))
    except BROKEN_JSON as error:
        why = f"its description cannot be read ({reason(error)})"
        raise WeightsError(f"{path}: {why}; copy or make it again.") from error


def described(kind: type[T], told: object) -> dict[str, Any]:
    """The fields of a dataclass as JSON has them, each of its kind. ValueError says which is not."""
    if not isinstance(told, dict):
        raise ValueError(f"{type(told).__name__}, not names and values")
    known = {field.name: field for field in fields(kind) if field.name != "path"}  # type: ignore[arg-type]
    if odd := sorted(set(told) - set(known)):
        raise ValueError(f"{odd[0]!r:.60} is unknown here; a newer x2face may have written it")
    for name, field in known.items():
        if name in told:
            _check_kind(name, str(field.type), told[name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{name} is missing")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}


def _check_kind(name: str, kind: str, value: object) -> None:
    wanted, said = _KINDS[kind]
    inner = _INNER.get(kind)
    fits = isinstance(value, wanted) and not isinstance(value, bool)
    if fits and inner is not None and isinstance(value, dict | list | tuple):
        inside = value.values() if isinstance(value, dict) else value
        fits = all(isinstance(one, inner) for one in inside)
    if not fits:
        raise ValueError(f"{name} is {_shown(value)}; {said} is needed")


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def load_tensors(path: Path, remedy: str = "copy or train it again") -> dict[str, Tensor]:
    """All tensors of a file, as stored. WeightsError where it is broken, or a number in it is not finite."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise WeightsError(f"{path}: broken ({reason(error)}); {remedy}.") from error
    check_finite(path, tensors, remedy)
    return tensors


def check_finite(path: Path, tensors: Mapping[str, Tensor], remedy: str) -> None:
    """WeightsError where a number of a file's is not finite."""
    import torch

    for name, value in tensors.items():
        numbers = value.float() if value.element_size() == 1 else value  # of 8 bits torch cannot tell
        if value.is_floating_point() and not torch.isfinite(numbers).all():
            raise WeightsError(f"{path}: {name!r:.80} has numbers that are not finite; {remedy}.")


def check_sum(path: Path, tensors: Mapping[str, Tensor], told: str, remedy: str = "copy it again") -> None:
    """WeightsError where tensors have another checksum than their file says."""
    if (found := checksum(tensors)) != told:
        raise WeightsError(f"{path}: its tensors have sha256 {found[:12]}…, not {told[:12]}…; {remedy}.")


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """sha256 over names, types, shapes and values."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(_bytes(value))
    return digest.hexdigest()


def _bytes(value: Tensor) -> memoryview:
    """A tensor's memory, not copied. value: contiguous, on the CPU"""
    import torch

    return value.reshape(-1).view(torch.uint8).numpy().data if value.numel() else memoryview(b"")

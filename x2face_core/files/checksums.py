"""Checksums of tensors and files, and a check for numbers that are not finite."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_core.files.faults import reading

if TYPE_CHECKING:
    from torch import Tensor


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """sha256 over names, dtypes, shapes and values, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(_bytes(value))
    return digest.hexdigest()


def file_checksum(path: Path) -> str:
    """sha256 of a file's content, in hexadecimal. InputError if it cannot be read."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_checksum(files: Iterable[Path]) -> str:
    """sha256 over the names and contents of files of one folder, in any order. InputError as file_checksum."""
    lines = sorted(f"{path.name} {file_checksum(path)}\n" for path in files)
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def _bytes(value: Tensor) -> memoryview:
    """A tensor's memory, without a copy. value: contiguous, on the CPU"""
    import torch

    return value.reshape(-1).view(torch.uint8).numpy().data if value.numel() else memoryview(b"")


def not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of the first tensor, of any shape, with a number that is not finite; None if there is none."""
    import torch

    for name, value in tensors.items():
        if not value.is_floating_point() or not value.numel():
            continue
        numbers = value.float() if value.element_size() == 1 else value  # torch does not compare 8-bit floats
        if not torch.isfinite(torch.stack(torch.aminmax(numbers))).all():  # NaN is passed on; quicker than isfinite
            return name
    return None

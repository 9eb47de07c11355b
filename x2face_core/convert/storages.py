"""Reading torch checkpoints: the legacy format (pickles followed by raw numbers), and the zip format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pickle import UnpicklingError
from typing import Any, BinaryIO
from zipfile import ZIP_STORED, ZipFile

import torch
from torch import Tensor

from x2face_core.convert.unpickling import COLLECTIONS, Names, RestrictedUnpickler, Sealed

MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
"""First bytes of the legacy format: the pickled magic number, the same from Python 2 and 3."""
_PROTOCOL = 1001

_DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
}


class Rebuild(metaclass=Sealed):
    """Stands for torch's _rebuild_tensor and _rebuild_tensor_v2."""

    def __new__(cls, storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Any:
        if not isinstance(storage, Tensor):
            raise UnpicklingError("a tensor without a storage")
        if (numbers := prod(size)) > len(storage):  # the same numbers many times over
            raise UnpicklingError(f"a tensor of {numbers} numbers in a storage of {len(storage)}")
        return storage.as_strided(size, stride, offset)  # raises for views beyond the storage


class Parameter(metaclass=Sealed):
    """Stands for torch's _rebuild_parameter."""

    def __new__(cls, data: Any, *_: Any) -> Any:
        return data


NAMES: Names = {
    **COLLECTIONS,
    **{(module, f"{kind}Storage"): it for module in ("torch", "torch.cuda") for kind, it in _DTYPES.items()},
    ("torch._utils", "_rebuild_tensor"): Rebuild,
    ("torch._utils", "_rebuild_tensor_v2"): Rebuild,
    ("torch._utils", "_rebuild_parameter"): Parameter,
}


@dataclass
class Legacy:
    """The storages of a legacy file: allocated while unpickling, filled from the data that follow.

    limit: size of the file in bytes, an upper bound for all storages together
    """

    limit: int
    found: dict[str, Tensor] = field(default_factory=dict)
    size: int = 0  # of all of them in bytes

    def __call__(self, pid: Any) -> Tensor:
        """pid: ("storage", dtype, key, device, count, None or (key, start, count) of a view)"""
        dtype, key, numbers, part = _named(pid)
        if key not in self.found:
            self.size += numbers * dtype.itemsize
            if self.size > self.limit:
                raise UnpicklingError(f"a storage of {numbers} numbers in a file of {self.limit} bytes")
            self.found[key] = torch.zeros(numbers, dtype=dtype)
        whole = self.found[key]
        if part is None:
            return whole
        _, start, length = part
        return whole[start : start + length]

    def fill(self, key: str, file: BinaryIO) -> None:
        """Read one storage: its count (8 bytes), then its numbers. UnpicklingError if it is not as announced."""
        storage = self.found[key]
        numbers = int.from_bytes(file.read(8), "little")
        if numbers != len(storage):
            raise UnpicklingError(f"a storage of {numbers} numbers where {len(storage)} were announced")
        raw = file.read(numbers * storage.element_size())
        storage.copy_(tensor_of(raw, storage.dtype, numbers))


def _named(pid: Any) -> tuple[torch.dtype, str, int, Any]:
    """dtype, key, count and view of a persistent id."""
    if not isinstance(pid, tuple) or len(pid) not in (5, 6) or pid[0] != "storage":
        raise UnpicklingError("a persistent id that is no storage's")
    _, dtype, key, _, numbers, *part = pid
    if not isinstance(dtype, torch.dtype) or not isinstance(numbers, int) or numbers < 0:
        raise UnpicklingError("a storage without type or length")
    return dtype, str(key), numbers, part[0] if part else None


def tensor_of(raw: bytes, dtype: torch.dtype, numbers: int) -> Tensor:
    """A tensor (numbers,) from little-endian bytes. UnpicklingError if there are too few."""
    if len(raw) < numbers * dtype.itemsize:
        raise UnpicklingError(f"it ends after {len(raw)} of a storage's {numbers * dtype.itemsize} bytes")
    return torch.frombuffer(bytearray(raw), dtype=dtype, count=numbers) if numbers else torch.zeros(0, dtype=dtype)


def read_legacy(file: BinaryIO, limit: int) -> Any:
    """Read a file by torch before 1.6, including torch 0.2 under Python 2.

    limit: size of the file in bytes
    UnpicklingError for a file that is broken, or holds anything but tensors and plain values.
    """
    storages = Legacy(limit)
    _, protocol, system = (RestrictedUnpickler(file, {}).load() for _ in range(3))
    if protocol != _PROTOCOL or not isinstance(system, Mapping) or not system.get("little_endian", False):
        raise UnpicklingError("it was written by a machine or a torch of another kind")
    content = RestrictedUnpickler(file, NAMES, storages).load()
    for key in RestrictedUnpickler(file, {}).load():
        storages.fill(str(key), file)
    return content


def read_zip(file: BinaryIO, limit: int) -> Any:
    """Read a file by torch 1.6 or later: a zip archive with data.pkl and a member for each storage, not compressed.

    limit: size of the file in bytes, which bounds that of all members
    UnpicklingError for a file that is broken, or holds anything but tensors and plain values.
    """
    with ZipFile(file) as archive:
        members = archive.infolist()
        if any(one.compress_type != ZIP_STORED for one in members) or sum(one.file_size for one in members) > limit:
            raise UnpicklingError("an archive that unfolds to more than itself, as torch writes none")
        pickled = next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)
        if pickled is None:
            raise UnpicklingError("it is an archive, and none of torch's")
        root, found = pickled.rpartition("/")[0], {}

        def storage(pid: Any) -> Tensor:
            dtype, key, numbers, _ = _named(pid)
            if key not in found:
                record = archive.getinfo(f"{root}/data/{key}")
                if record.file_size != numbers * dtype.itemsize:
                    raise UnpicklingError(f"a storage of {numbers} numbers in {record.file_size} bytes")
                found[key] = tensor_of(archive.read(record), dtype, numbers)
            return found[key]

        if f"{root}/byteorder" in archive.namelist() and archive.read(f"{root}/byteorder") != b"little":
            raise UnpicklingError("it was written by a machine of another byte order")
        with archive.open(pickled) as data:
            return RestrictedUnpickler(data, NAMES, storage).load()

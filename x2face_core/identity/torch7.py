"""VGG networks of Torch7: binary .t7 files with nn modules, read without Lua."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.files.faults import reading, reason
from x2face_core.files.placing import readable_file
from x2face_core.identity.layers import Layers

_NIL, _NUMBER, _STRING, _TABLE, _OBJECT, _BOOLEAN = range(6)
_KINDS = {"Double": "<f8", "Float": "<f4", "Cuda": "<f4", "CudaDouble": "<f8", "Long": "<i8", "CudaLong": "<i8",
          "Int": "<i4", "Short": "<i2", "Char": "<i1", "Byte": "<u1"}  # fmt: skip
_DEEPEST = 200  # nesting


class Torch7Reader:
    """Reads one value of torch.save(path, value, "binary"): numbers, strings, tables, tensors and objects.

    Objects of other classes than tensors are tables with their class under "__class__"; functions are refused.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0
        self.seen: dict[int, Any] = {}

    def value(self, depth: int = 0) -> Any:
        """The next value. ValueError for what is cut short, or no Torch7."""
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        kind = self._int()
        if kind in (_TABLE, _OBJECT):
            return self._shared(kind, self._int(), depth)
        if kind == _NIL:
            return None
        if kind == _NUMBER:
            return self._unpacked("<d", 8)
        if kind == _STRING:
            return self._text()
        if kind == _BOOLEAN:
            return bool(self._int())
        raise ValueError(f"a value of kind {kind} at byte {self.at}; functions are not read")

    def _shared(self, kind: int, index: int, depth: int) -> Any:
        """A table or an object, which stands in the file where its index occurs first."""
        if index not in self.seen:
            (self._table if kind == _TABLE else self._object)(index, depth)
        return self.seen[index]

    def _table(self, index: int, depth: int) -> None:
        table: dict[Any, Any] = {}
        self.seen[index] = table
        for _ in range(self._int()):
            key = self.value(depth + 1)
            if not isinstance(key, (str, float, bool)):
                raise ValueError("a table with a key that is no text or number")
            table[key] = self.value(depth + 1)

    def _object(self, index: int, depth: int) -> None:
        name = self._text()
        if name.startswith("V "):
            name = self._text()
        self.seen[index] = None
        kind = name.removeprefix("torch.").removesuffix("Tensor").removesuffix("Storage")
        if name.endswith("Tensor") and kind in _KINDS:
            self.seen[index] = self._tensor(depth)
        elif name.endswith("Storage") and kind in _KINDS:
            self.seen[index] = self._numbers(_KINDS[kind], self._long())
        else:
            content = self.value(depth + 1)
            self.seen[index] = {"__class__": name, **(content if isinstance(content, dict) else {})}

    def _tensor(self, depth: int) -> Tensor:
        dimensions = self._int()
        if not 0 <= dimensions <= 8:
            raise ValueError(f"a tensor of {dimensions} dimensions")
        size, stride = ([self._long() for _ in range(dimensions)] for _ in range(2))
        offset, storage = self._long() - 1, self.value(depth + 1)
        if storage is None or not dimensions:
            return torch.zeros(0)
        if not isinstance(storage, np.ndarray) or offset < 0 or min(size) < 0 or min(stride) < 0:
            raise ValueError("a tensor without numbers")
        return torch.from_numpy(storage.copy()).as_strided(size, stride, offset)  # raises beyond the storage

    def _numbers(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        length = count * np.dtype(kind).itemsize
        return np.frombuffer(self._bytes(length), kind)

    def _bytes(self, length: int) -> bytes:
        if length < 0 or self.at + length > len(self.data):
            raise ValueError(f"it ends after {len(self.data)} bytes, {length} more were announced at {self.at}")
        self.at += length
        return self.data[self.at - length : self.at]

    def _unpacked(self, layout: str, length: int) -> Any:
        return struct.unpack(layout, self._bytes(length))[0]

    def _int(self) -> int:
        return int(self._unpacked("<i", 4))

    def _long(self) -> int:
        return int(self._unpacked("<q", 8))

    def _text(self) -> str:
        return self._bytes(self._int()).decode("latin1")


def torch7_layers(path: Path) -> Layers:
    """The layers of a network of nn modules; its first convolution reads BGR, as that of VGG-Face, and is turned.

    WeightsError if the file is broken, or holds no such network.
    """
    readable = readable_file(path)
    layers = Layers()
    try:
        with reading(path):
            data = readable.read_bytes()
        for name, weight, bias in _weighted(Torch7Reader(data).value()):
            if "Convolution" in name:
                layers.convolutions.append((weight.reshape(len(weight), -1, 3, 3), bias))
            elif name == "nn.Linear":
                layers.dense.append((weight, bias))
        if layers.convolutions:
            weight, bias = layers.convolutions[0]
            layers.convolutions[0] = weight.flip(1), bias
        return layers
    except (
        ValueError,
        TypeError,
        RuntimeError,
        IndexError,
        AttributeError,
        MemoryError,
        RecursionError,
        struct.error,
    ) as error:
        raise WeightsError(f"{path}: no network of Torch7's, or cut short ({reason(error)}); copy it again.") from error


def _weighted(module: Any) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Class, weight and bias of each module that has some, depth first."""
    if not isinstance(module, dict):
        raise ValueError("it holds no nn modules")
    name, weight, bias = module.get("__class__", ""), module.get("weight"), module.get("bias")
    if isinstance(weight, Tensor) and weight.numel():
        yield name, weight, torch.zeros(len(weight)) if bias is None else bias
    inner = module.get("modules") or {}
    for number in sorted(key for key in inner if isinstance(key, float)):
        yield from _weighted(inner[number])

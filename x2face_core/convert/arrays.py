"""Stand-ins for numpy arrays in pickles by numpy or joblib: plain numbers only, no objects, no subclasses."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pickle import UnpicklingError
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from x2face_core.convert.unpickling import Names, Refused, Sealed

Numbers = NDArray[Any]

_PLAIN = re.compile(r"[<>|=]?[biuf][1248]")  # a number of fixed size: no objects, strings or fields


class PlainDtype(metaclass=Sealed):
    """Stands for numpy.dtype; refuses all but plain numbers."""

    def __init__(self, code: str, *_: Any) -> None:
        if not isinstance(code, str) or not _PLAIN.fullmatch(code):
            raise Refused(f"numpy.dtype({code!r})")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: Any) -> None:
        """state: (version, byte order, subarray, names, fields, size, alignment, flags)"""
        _, order, *nested = state
        if order not in ("<", ">", "|", "=") or any(nested[:3]):
            raise Refused("numpy.dtype of several fields")
        self.dtype = self.dtype.newbyteorder(order)


class Array(metaclass=Sealed):
    """Stands for numpy.ndarray. value: the array"""

    value: Numbers

    def __setstate__(self, state: Any) -> None:
        """state: (version, shape, dtype, whether in Fortran order, bytes or a string from Python 2)"""
        _, shape, kind, fortran, data = state
        self.value = array_of(data, kind, shape, "F" if fortran else "C")


def array_of(data: Any, kind: Any, shape: Any, order: Any) -> Numbers:
    """An array from bytes. UnpicklingError if their number does not match dtype and shape."""
    if not isinstance(kind, PlainDtype) or not isinstance(shape, tuple) or order not in ("C", "F"):
        raise UnpicklingError("an array without type, shape or order")
    raw = data.encode("latin1") if isinstance(data, str) else data
    if not isinstance(raw, bytes | bytearray):  # bytes(n) would be n of them
        raise UnpicklingError("an array without its bytes")
    if len(raw) != size_of(kind, shape):
        raise UnpicklingError(f"an array of shape {shape} in {len(raw)} bytes")
    return np.frombuffer(raw, kind.dtype).reshape(shape, order=order)


def size_of(kind: PlainDtype, shape: tuple[Any, ...]) -> int:
    """Number of bytes of an array. UnpicklingError for a shape that is none."""
    if not all(isinstance(length, int) and length >= 0 for length in shape):
        raise UnpicklingError(f"an array of shape {shape}")
    numbers: int = math.prod(shape)
    return numbers * kind.dtype.itemsize


class Reconstruct(metaclass=Sealed):
    """Stands for numpy's _reconstruct, which makes an empty array whose state the opcode BUILD sets."""

    def __new__(cls, subtype: Any, *_: Any) -> Any:
        if subtype is not Array:
            raise UnpicklingError("an array of another class")
        return Array()


class FromBuffer(metaclass=Sealed):
    """Stands for numpy's _frombuffer, used by pickle protocol 5."""

    def __new__(cls, data: Any, kind: Any, shape: Any, order: Any, *_: Any) -> Any:
        array = Array()
        array.value = array_of(data, kind, shape, order)
        return array


class Scalar(metaclass=Sealed):
    """Stands for numpy's scalar; gives a Python number."""

    def __new__(cls, kind: Any, data: Any) -> Any:
        return array_of(data, kind, (), "C").item()


class Encode(metaclass=Sealed):
    """Stands for codecs.encode, by which Python 3 pickles bytes in old protocols; Latin-1 only."""

    def __new__(cls, text: Any, encoding: Any, *_: Any) -> Any:
        if not isinstance(text, str) or encoding != "latin1":
            raise Refused(f"_codecs.encode(…, {encoding!r})")
        return text.encode("latin1")


def joblib_array(file: BinaryIO) -> type[Array]:
    """A stand-in for joblib's NumpyArrayWrapper (0.10 and later), whose data follow in the file after its BUILD."""

    class Inline(Array):
        def __setstate__(self, state: Any) -> None:
            self.value = _inline(file, state)

    return Inline


def _inline(file: BinaryIO, state: Mapping[str, Any]) -> Numbers:
    kind, shape = state["dtype"], state["shape"]
    if state["subclass"] is not Array or not isinstance(kind, PlainDtype) or not isinstance(shape, tuple):
        raise UnpicklingError("an array of another class")
    if state.get("numpy_array_alignment_bytes") is not None:  # joblib 1.2 and later: a padding length, then the padding
        file.read(file.read(1)[0])
    return array_of(file.read(size_of(kind, shape)), kind, shape, state["order"])


def array_names(file: BinaryIO) -> Names:
    """Stand-ins for the globals in pickles by numpy 1, numpy 2 and joblib. file: of the pickle, for joblib's data"""
    multiarray = {"_reconstruct": Reconstruct, "scalar": Scalar}
    inline = joblib_array(file)
    return {
        ("numpy", "ndarray"): Array,
        ("numpy", "dtype"): PlainDtype,
        ("_codecs", "encode"): Encode,
        **{(f"numpy.{core}.multiarray", name): it for core in ("core", "_core") for name, it in multiarray.items()},
        **{(f"numpy.{core}.numeric", "_frombuffer"): FromBuffer for core in ("core", "_core")},
        ("joblib.numpy_pickle", "NumpyArrayWrapper"): inline,
        ("sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper"): inline,
    }

"""Reading a released file in any of its formats."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile

from x2face_core.convert import estimators, storages
from x2face_core.convert.arrays import Array, array_names
from x2face_core.convert.unpickling import COLLECTIONS, Refused, RestrictedUnpickler
from x2face_core.errors import WeightsError
from x2face_core.files.faults import reading
from x2face_core.files.placing import readable_file

_LARGEST = 64_000_000  # decompressed bytes of a pickle; the released regressions have 0.14 million
_ZIP, _OLD_JOBLIB = b"PK\x03\x04", b"ZF"
_ZLIB, _GZIP = b"\x78", b"\x1f\x8b"
_BROKEN = (
    UnpicklingError,
    BadZipFile,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Exceptions for corrupt pickles, zip archives and tensors."""


def read_released(path: Path) -> Any:
    """The content of a checkpoint of torch (dicts with tensors) or a pickle of scikit-learn (an Estimator).

    Raises InputError if the file cannot be read; WeightsError if it is broken, of another format, or refers to classes
    other than those of such files.
    """
    readable = readable_file(path)
    try:
        with reading(path):
            return _read(readable)
    except Refused as error:
        raise WeightsError(
            f"{path}: refused: it asks for {error}, which no weights need. Nothing of it ran."
        ) from error
    except _BROKEN as error:
        raise WeightsError(
            f"{path}: cut short, or no file of torch's or scikit-learn's ({_message(error)}); download it again."
        ) from error


def _message(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".") or type(error).__name__


def _read(path: Path) -> Any:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(len(storages.MAGIC))
        file.seek(0)
        if head.startswith(_ZIP):
            return storages.read_zip(file, size)
        if head == storages.MAGIC:
            return storages.read_legacy(file, size)
        return _read_pickle(file.read())


def _read_pickle(data: bytes) -> Any:
    if data.startswith(_OLD_JOBLIB):
        raise UnpicklingError("joblib before 0.10 wrote it; load and dump it with a later one")
    if data.startswith((_ZLIB, _GZIP)):
        data = _unfolded(data)
    file = io.BytesIO(data)  # the unpickler reads exactly up to its end, where joblib's arrays follow
    content = RestrictedUnpickler(file, {**COLLECTIONS, **estimators.NAMES, **array_names(file)}).load()
    return content.value if isinstance(content, Array) else content


def _unfolded(data: bytes) -> bytes:
    unfolding = zlib.decompressobj(wbits=47)  # zlib's or gzip's
    whole = unfolding.decompress(data, _LARGEST)
    if not unfolding.eof:
        raise UnpicklingError(f"a compressed pickle that is cut short or larger than {_LARGEST} bytes")
    return whole

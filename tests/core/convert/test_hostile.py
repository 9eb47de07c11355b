"""Files that would run something are refused, named, and run nothing, in every format that is read."""

from __future__ import annotations

import builtins
import codecs
import functools
import importlib
import os
import pickle
import re
import runpy
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import torch

from x2face_core.convert import arrays, estimators, reading, storages
from x2face_core.convert.reading import read_released
from x2face_core.errors import WeightsError

MARK = "it ran"


class Call:
    """Pickled, a call of a function by whoever unpickles it."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call

    def __call__(self) -> None:
        """What a call answers may be called too."""


def attacks(mark: Path) -> dict[str, tuple[Any, str]]:
    """What is pickled, and a pattern of the name in the error; each would write the mark, or import a module."""
    code = f"import pathlib; pathlib.Path({str(mark)!r}).write_text('ran')"
    shell = f"touch '{mark}'"
    return {
        "os.system": (Call(os.system, shell), r"\w+\.system"),
        "subprocess": (Call(subprocess.call, ["touch", str(mark)]), r"\w+\.call"),
        "eval": (Call(eval, f"exec({code!r})"), r"\w+\.eval"),
        "exec": (Call(exec, code), r"\w+\.exec"),
        "getattr chain": (Call(Call(getattr, Call(importlib.import_module, "os"), "system"), shell), r"\w+\.getattr"),
        "importlib": (Call(importlib.import_module, "antigravity"), r"importlib\.import_module"),
        "__import__": (Call(builtins.__import__, "antigravity"), r"\w+\.__import__"),
        "codecs": (Call(codecs.decode, b"cevag(1)", "rot13"), r"_codecs\.(de|en)code"),
        "another code": (Call(codecs.encode, "print(1)", "rot13"), r"_codecs\.encode"),
        "torch.hub": (Call(torch.hub.load, "somebody/something", "model"), r"torch\.hub\.load"),
        "torch.load": (Call(torch.load, str(mark)), r"torch\.serialization\.load"),
        "pickle within": (Call(pickle.loads, pickle.dumps(Call(exec, code))), r"_?c?[pP]ickle\.loads|_codecs\.encode"),
        "joblib within": (Call(joblib.load, str(mark)), r"joblib\.numpy_pickle\.load"),
        "numpy.load": (Call(np.load, str(mark)), r"numpy[\w.]*\.load"),
        "numpy objects": (np.array([Call(exec, code)], dtype=object), r"numpy\.(dtype|[\w.]*_reconstruct)"),
        "numpy dtype": (Call(np.dtype, "O"), r"numpy\.dtype"),
        "numpy subclass": (np.zeros(2).view(np.matrix), r"numpy[\w.]*\.(matrix|_reconstruct)"),
        "numpy runs a string": (Call(np.testing._private.utils.runstring, code, {}), r"numpy[\w.]*\.runstring"),
        "partial": (functools.partial(exec, code), r"functools\.partial|copy_?reg\._reconstructor"),
        "runpy": (Call(runpy.run_path, str(mark)), r"runpy\.run_path"),
        "another estimator": (sklearn_pipeline(), r"sklearn\.pipeline\.Pipeline|copy_?reg\._reconstructor"),
    }


def sklearn_pipeline() -> Any:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    return Pipeline([("run", FunctionTransformer(os.system))])


KINDS = list(attacks(Path("mark")))


def as_pickle(protocol: int) -> Callable[[Any, Path], None]:
    return lambda content, path: path.write_bytes(pickle.dumps(content, protocol)) and None


def as_checkpoint(zipped: bool) -> Callable[[Any, Path], None]:
    def write(content: Any, path: Path) -> None:
        torch.save(
            {"state_dict": {"weight": torch.zeros(3), "x": content}}, path, _use_new_zipfile_serialization=zipped
        )

    return write


def as_archive(content: Any, path: Path) -> None:
    """torch's archive with a pickle of a protocol that torch never writes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(content, 4))


FORMATS: dict[str, Callable[[Any, Path], Any]] = {
    **{f"pickle {protocol}": as_pickle(protocol) for protocol in (0, 2, 4)},
    "checkpoint": as_checkpoint(zipped=True),
    "old checkpoint": as_checkpoint(zipped=False),
    "archive": as_archive,
    "joblib": joblib.dump,
    "joblib compressed": functools.partial(joblib.dump, compress=3),
}


@pytest.mark.parametrize("kind", ["os.system", "subprocess", "eval", "exec", "getattr chain", "pickle within"])
def test_they_would_run_for_pickle_itself(kind: str, tmp_path: Path) -> None:
    mark = tmp_path / MARK
    pickle.loads(pickle.dumps(attacks(mark)[kind][0]))
    assert mark.exists()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_would_run_is_refused_by_name(kind: str, form: str, tmp_path: Path) -> None:
    mark = tmp_path / MARK
    content, name = attacks(mark)[kind]
    FORMATS[form](content, tmp_path / "x2face_model.pth")
    with pytest.raises(WeightsError) as refused:
        read_released(tmp_path / "x2face_model.pth")
    assert re.search(rf"x2face_model\.pth: refused: it asks for ({name})\b[^\n]*$", str(refused.value))
    assert not mark.exists()
    assert "antigravity" not in sys.modules


GLOBAL = b"csklearn.linear_model._base\nLinearRegression\n"
RAW = {
    "attributes for a stand-in's class": (GLOBAL + b"N}\x8c\x08__init__K\x01s\x86b.", "no file of"),
    "a dictionary for a stand-in's class": (GLOBAL + b"}\x8c\x08__init__K\x01sb.", "no file of"),
    "a name within a stand-in": (
        b"\x80\x04\x8c\x1asklearn.linear_model._base\x8c\x25LinearRegression.__init__.__globals__\x93.",
        r"asks for sklearn\.linear_model\._base\.LinearRegression\.__init__\.__globals__",
    ),
    "another name of an admitted module": (b"csklearn.linear_model._base\nnp\n.", r"asks for sklearn.*\.np\b"),
    "a stand-in's own module": (b"cx2face_core.convert.estimators\nEstimator\n.", "asks for x2face_core"),
    "a persistent id": (b"\x80\x02K\x01Q.", "persistent id"),
    "an extension": (b"\x80\x02\x82\x01.", "no file of"),
    "a call of a number": (b"K\x01)R.", "no file of"),
    "an array of many more numbers than bytes": (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
        b"(K\x01\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x10\x85cnumpy\ndtype\n\x8c\x02f8\x85R\x89C\x04abcdtb.",
        "in 4 bytes",
    ),
    "an array whose bytes are a number of them": (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
        b"(K\x01J\x00\x00\x00\x70\x85cnumpy\ndtype\n\x8c\x02u1\x85R\x89J\x00\x00\x00\x70tb.",
        "an array without its bytes",
    ),
}


@pytest.mark.parametrize("what", RAW)
def test_what_no_pickler_writes_is_refused(what: str, tmp_path: Path) -> None:
    content, says = RAW[what]
    (tmp_path / "scaler_7000.pkl").write_bytes(content)
    before = {name: dict(vars(one)) for name, one in vars(estimators).items() if isinstance(one, type)}
    with pytest.raises(WeightsError, match=says):
        read_released(tmp_path / "scaler_7000.pkl")
    assert {name: dict(vars(one)) for name, one in vars(estimators).items() if isinstance(one, type)} == before


def test_a_stand_in_s_class_cannot_be_changed() -> None:
    with pytest.raises(pickle.UnpicklingError):
        estimators.LinearRegression.attributes = {}
    with pytest.raises(pickle.UnpicklingError):
        arrays.Array.value = np.zeros(1)


def old_checkpoint(tmp_path: Path) -> bytes:
    path = tmp_path / "whole.pth"
    torch.save({"state_dict": {"w": torch.arange(6.0)}}, path, _use_new_zipfile_serialization=False)
    return path.read_bytes()


@pytest.mark.parametrize("numbers", [7, 1 << 20, 1 << 60])
def test_a_storage_longer_than_announced_is_refused(numbers: int, tmp_path: Path) -> None:
    content, path = old_checkpoint(tmp_path), tmp_path / "x2face_model.pth"
    at = content.rindex(struct.pack("<q", 6))
    path.write_bytes(content[:at] + struct.pack("<q", numbers) + content[at + 8 :])
    with pytest.raises(WeightsError, match="where 6 were announced"):
        read_released(path)


def test_a_storage_larger_than_the_file_takes_no_memory(tmp_path: Path) -> None:
    content, path = old_checkpoint(tmp_path), tmp_path / "x2face_model.pth"
    larger = content.replace(b"K\x06N", b"J\xff\xff\xff\x7fN", 1)
    assert larger != content
    path.write_bytes(larger)
    with pytest.raises(WeightsError, match="a storage of 2147483647 numbers in a file of"):
        read_released(path)


def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path: Path) -> None:
    content = old_checkpoint(tmp_path)
    wider = content.replace(b"K\x00K\x06\x85", b"K\x01K\x06\x85", 1)
    assert wider != content
    (tmp_path / "x2face_model.pth").write_bytes(wider)
    with pytest.raises(WeightsError, match="out of bounds"):
        read_released(tmp_path / "x2face_model.pth")


def test_a_few_numbers_do_not_become_a_large_tensor(tmp_path: Path) -> None:
    for legacy in (True, False):
        path = tmp_path / "x2face_model.pth"
        content = {"state_dict": {"w": torch.zeros(1).expand(1 << 40)}}
        torch.save(content, path, _use_new_zipfile_serialization=not legacy)
        with pytest.raises(WeightsError, match="a tensor of 1099511627776 numbers in a storage of 1"):
            read_released(path)


def test_an_archive_that_is_compressed_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": torch.zeros(100_000)}}, tmp_path / "stored.pth")
    path = tmp_path / "x2face_model.pth"
    with zipfile.ZipFile(tmp_path / "stored.pth") as stored, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as folded:
        for member in stored.infolist():
            folded.writestr(member.filename, stored.read(member))
    with pytest.raises(WeightsError, match="unfolds to more than itself"):
        read_released(path)


def test_many_storages_are_no_larger_together_than_the_file() -> None:
    found = storages.Legacy(1000)
    for key, numbers in (("0", 200), ("0", 200), ("1", 50)):  # of which two are views of one
        assert found(("storage", torch.float32, key, "cpu", numbers, None)).shape == (numbers,)
    with pytest.raises(pickle.UnpicklingError, match="a storage of 1 numbers in a file of 1000 bytes"):
        found(("storage", torch.float32, "2", "cpu", 1, None))


def test_a_compressed_pickle_is_unfolded_only_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_LARGEST", 1000)
    (tmp_path / "scaler_7000.pkl").write_bytes(zlib.compress(b"\0" * 1001))
    with pytest.raises(WeightsError, match="larger than 1000 bytes"):
        reading.read_released(tmp_path / "scaler_7000.pkl")

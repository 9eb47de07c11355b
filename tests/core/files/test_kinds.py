from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from x2face_core.errors import InputError
from x2face_core.files.kinds import FileKind

KIND = FileKind("x2face.test", "test", "x2face test", "test again", InputError)
ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


def written(path: Path, metadata: dict[str, str] | None) -> Path:
    save_file({"a.rows": ROWS, "b.rows": ROWS + 1}, path, metadata=metadata)
    return path


def test_a_description_comes_back_as_it_was_written(tmp_path: Path) -> None:
    description = {"name": "x", "labels": ["roll"], "fps": 25.0}
    assert KIND.read(written(tmp_path / "x", KIND.metadata(description)), dict) == description


def test_tensors_can_be_had_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    path = written(tmp_path / "x", None)
    assert {name: value.tolist() for name, value in KIND.tensors(path, "b.").items()} == {"rows": (ROWS + 1).tolist()}
    assert sorted(KIND.arrays(path)) == ["a.rows", "b.rows"]


def no_colour(description: dict[str, Any]) -> str:
    return str(description["colour"])


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "holds no test, as `x2face test` writes; test again"),
        ({"x2face.weights": "{}"}, "holds no test"),
        ({"x2face.test": "{"}, "its description cannot be read"),
        ({"x2face.test": "[1]"}, "its description cannot be read"),
        ({"x2face.test": "null"}, "its description cannot be read"),
        ({"x2face.test": "7"}, "its description cannot be read"),
        ({"x2face.test": "[" * 200_000}, "its description cannot be read .*recursion"),
        ({"x2face.test": "{}"}, "its description cannot be read .*colour"),
    ],
)
def test_another_kind_and_a_broken_description_are_told_in_one_line(
    tmp_path: Path, metadata: dict[str, str] | None, message: str
) -> None:
    with pytest.raises(InputError, match=f"x: {message}") as refused:
        KIND.read(written(tmp_path / "x", metadata), no_colour)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"text, honestly, and more of it",
        (2).to_bytes(8, "little") + b"[]",
        (1 << 60).to_bytes(8, "little"),
        (100_000).to_bytes(8, "little") + b"[" * 100_000,
        (2).to_bytes(8, "little") + b"\xff\xfe",
    ],
)
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InputError, match="x: not a safetensors file .*test again"):
        KIND.read(tmp_path / "x", dict)
    with pytest.raises(InputError, match="x: broken .*test again"):
        KIND.tensors(tmp_path / "x")


def test_a_file_cut_short_is_refused_by_its_description_too(tmp_path: Path) -> None:
    path = written(tmp_path / "x", KIND.metadata({"name": "x"}))
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    with pytest.raises(InputError, match=f"x: .*cut short: {len(whole) - 4} bytes of {len(whole)}.*test again"):
        KIND.read(path, dict)


@pytest.mark.parametrize("entry", [{"dtype": "F32"}, {"data_offsets": [0]}, {"data_offsets": [0, None]}, 3, []])
def test_tensors_without_offsets_are_one_error(tmp_path: Path, entry: Any) -> None:
    header = json.dumps({"a": entry}).encode()
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(InputError, match="x: not a safetensors file .*test again"):
        KIND.read(tmp_path / "x", dict)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        KIND.read(tmp_path / "x", dict)


def test_a_description_and_arrays_are_read_without_torch(tmp_path: Path) -> None:
    path = written(tmp_path / "x", KIND.metadata({}))
    code = """
import sys
from pathlib import Path
from x2face_core.files.kinds import FileKind

kind = FileKind("x2face.test", "", "", "")
kind.read(Path(sys.argv[1]), dict)
kind.arrays(Path(sys.argv[1]))
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("metadata", [b"null", b"7", b"[]", b'{"x2face.test": null}', b'{"x2face.test": {}}'])
def test_metadata_of_any_kind_is_one_error(tmp_path: Path, metadata: bytes) -> None:
    header = b'{"__metadata__": ' + metadata + b"}"
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(InputError, match="x: .*test again"):
        KIND.read(tmp_path / "x", dict)

"""Motions on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from x2face_core.errors import InputError, UsageError
from x2face_core.streaming.motion_file import Motion, Origin, read_motion, write_motion

ORIGIN = Origin(25.0, "0123456789abcdef", "light-9", ({"name": "frame", "dist": "x2face", "version": "1"},), "1.0")


def motion(rows: int = 5) -> Motion:
    rng = np.random.default_rng(0)
    return Motion(rng.normal(size=(rows, 128)).astype(np.float32), rng.normal(size=128).astype(np.float32), ORIGIN)


def broken(path: Path, the_metadata: Any, **tensors: np.ndarray) -> Path:
    path.write_bytes(
        save(
            tensors,
            metadata={"x2face.motion": the_metadata if isinstance(the_metadata, str) else json.dumps(the_metadata)},
        )
    )
    return path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_motion(tmp_path / "new" / "a.x2v", motion())
    read = read_motion(tmp_path / "new" / "a.x2v")
    assert np.array_equal(read.offsets, motion().offsets)
    assert np.array_equal(read.vector, motion().vector)
    assert read.origin == ORIGIN
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.x2v"]


def test_the_vectors_are_the_offsets_from_the_recorded_face() -> None:
    assert np.array_equal(motion().vectors, motion().offsets + motion().vector)


def test_a_row_takes_512_bytes(tmp_path: Path) -> None:
    write_motion(tmp_path / "short.x2v", motion(10))
    write_motion(tmp_path / "long.x2v", motion(110))
    grown = (tmp_path / "long.x2v").stat().st_size - (tmp_path / "short.x2v").stat().st_size
    assert 100 * 512 <= grown <= 100 * 512 + 16  # the header tells of longer tensors


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file/a\.x2v: cannot be written"):
        write_motion(tmp_path / "file" / "a.x2v", motion())


ROWS = np.zeros((2, 128), np.float32)
GOOD = {"fps": 25.0, "space": "", "weights": "", "drivers": [], "version": ""}


@pytest.mark.parametrize(
    ("the_metadata", "tensors", "message"),
    [
        ("{", {"offsets": ROWS, "vector": ROWS[0]}, "description cannot be read"),
        ({"space": ""}, {"offsets": ROWS, "vector": ROWS[0]}, "fps"),
        ({**GOOD, "mood": 1}, {"offsets": ROWS, "vector": ROWS[0]}, "mood"),
        ({**GOOD, "fps": 0}, {"offsets": ROWS, "vector": ROWS[0]}, "0 rows a second"),
        ({**GOOD, "fps": 1e-300}, {"offsets": ROWS, "vector": ROWS[0]}, "1e-300 rows a second"),
        ({**GOOD, "fps": 1e300}, {"offsets": ROWS, "vector": ROWS[0]}, "1e+300 rows a second"),
        ({**GOOD, "fps": None}, {"offsets": ROWS, "vector": ROWS[0]}, "fps is null; a number is needed"),
        ({**GOOD, "fps": True}, {"offsets": ROWS, "vector": ROWS[0]}, "fps is true; a number is needed"),
        ({**GOOD, "space": "../../x"}, {"offsets": ROWS, "vector": ROWS[0]}, "16 hexadecimal digits"),
        ({**GOOD, "drivers": [1]}, {"offsets": ROWS, "vector": ROWS[0]}, "drivers is [1]"),
        ([1, 2], {"offsets": ROWS, "vector": ROWS[0]}, "list, not names and values"),
        ("null", {"offsets": ROWS, "vector": ROWS[0]}, "NoneType, not names and values"),
        ("[" * 100_000, {"offsets": ROWS, "vector": ROWS[0]}, "recursion"),
        (GOOD, {"offsets": ROWS + np.float32(1e30), "vector": ROWS[0]}, "as large as 1e+30"),
        (GOOD, {"vector": ROWS[0]}, "offsets"),
        (GOOD, {"offsets": ROWS[:0], "vector": ROWS[0]}, "shape"),
        (GOOD, {"offsets": ROWS, "vector": ROWS}, "shape"),
        (GOOD, {"offsets": ROWS.astype(np.float64), "vector": ROWS[0]}, "float32"),
        (GOOD, {"offsets": ROWS + np.float32("nan"), "vector": ROWS[0]}, "not finite"),
    ],
)
def test_a_broken_motion_is_refused(tmp_path: Path, the_metadata: Any, tensors: Any, message: str) -> None:
    with pytest.raises(InputError, match=r"a\.x2v") as refused:
        read_motion(broken(tmp_path / "a.x2v", the_metadata, **tensors))
    assert message in str(refused.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.x2v").write_text("no motion at all, just words")
    (tmp_path / "other.x2v").write_bytes(save({"a": ROWS}))
    write_motion(tmp_path / "cut.x2v", motion())
    whole = (tmp_path / "cut.x2v").read_bytes()
    (tmp_path / "cut.x2v").write_bytes(whole[: len(whole) // 2])
    for name in ("text.x2v", "other.x2v", "cut.x2v", "gone.x2v", ""):
        with pytest.raises(InputError):
            read_motion(tmp_path / name)


def test_a_number_that_changed_on_the_disk_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.x2v"
    write_motion(path, motion())
    content = bytearray(path.read_bytes())
    content[-700] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="not those that were recorded"):
        read_motion(path)

"""A film that a full disk cut short is told from a whole one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from x2face_core.media.atoms import check_whole
from x2face_core.media.writing import write_film


def test_a_whole_film_is_whole_and_one_cut_anywhere_is_not(tmp_path: Path, greys: Any) -> None:
    path = tmp_path / "a.mp4"
    write_film(path, greys(10), 25)
    check_whole(path)
    content = path.read_bytes()
    for kept in (0, 7, 40, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:kept])
        with pytest.raises(OSError, match="cut short"):
            check_whole(path)


def test_lengths_of_64_bits_are_read(tmp_path: Path) -> None:
    parts = b"\0\0\0\x08moov" + b"\0\0\0\x01mdat" + (20).to_bytes(8, "big") + b"film"
    (tmp_path / "a.mp4").write_bytes(parts)
    check_whole(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").write_bytes(parts[:-1])
    with pytest.raises(OSError, match="cut short"):
        check_whole(tmp_path / "a.mp4")

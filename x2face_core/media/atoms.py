"""The top-level boxes (atoms) of an .mp4 file: enough of the format to detect a truncated file."""

from __future__ import annotations

import errno
from pathlib import Path

_HEAD = 8  # bytes: length and name
_LONG_HEAD = 16  # with a length of 64 bits after them


def check_whole(path: Path) -> None:
    """Raise OSError if a file that was just written ends before its last box does.

    FFmpeg moves the index to the front at the end (faststart) and reports no error if the disk is full at that point.
    """
    size = path.stat().st_size
    at, index = 0, False
    with path.open("rb") as file:
        while at + _HEAD <= size:
            file.seek(at)
            head = file.read(_LONG_HEAD)
            length = int.from_bytes(head[:4], "big")
            if length == 1:
                length = int.from_bytes(head[8:], "big")
            index |= head[4:8] == b"moov"
            at += max(length, _HEAD)
    if at != size or not index:
        raise OSError(errno.ENOSPC, "it was cut short, as happens where a disk is full")

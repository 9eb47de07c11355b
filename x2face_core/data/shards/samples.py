"""Samples of shards: one clip or one photograph, with its labels and its row of the table."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from x2face_core.data.checks import Arrays, read_arrays
from x2face_core.data.tables import EXPRESSIONS

_FRAMES = ("pose", "gaze", "blend", *EXPRESSIONS)  # arrays of labels.npz with a row a frame
_PICTURES = ("pose", "gaze", "blend", "landmarks", *EXPRESSIONS)  # arrays of pictures.npz with a row a picture


@dataclass(frozen=True)
class Entry:
    """What a sample is made of.

    path: of the clip or the photograph; row: of clips.csv or pictures.csv
    labels: a label file and the number of the clip in it, or None
    """

    path: Path
    row: dict[str, Any]
    labels: tuple[Path, int] | None = None

    @property
    def name(self) -> str:
        """Path below clips/ or pictures/."""
        return str(self.row["clip"] if "clip" in self.row else self.row["file"])

    @property
    def is_still(self) -> bool:
        return "clip" not in self.row

    @property
    def key(self) -> str:
        """Name in the archive without suffix; it has no dots, which WebDataset takes for the beginning of a suffix."""
        name = PurePosixPath(self.name).with_suffix("")
        plain = str(name).replace(".", "-")
        return plain if plain == str(name) else f"{plain}-{hashlib.sha256(str(name).encode()).hexdigest()[:6]}"

    def parts(self) -> Iterator[tuple[str, bytes]]:
        """Suffix and content of the files of the sample. OSError if its file cannot be read."""
        content = {"jpg" if self.is_still else "mp4": self.path.read_bytes()}
        if self.labels is not None:
            content["npz"] = _packed(self.arrays())
        sums = {suffix: zlib.crc32(data) for suffix, data in content.items()}
        yield "json", json.dumps(self.row | {"crc32": sums}, sort_keys=True, ensure_ascii=False).encode()
        yield from content.items()

    def counts(self) -> tuple[int, int]:
        """Number of frames, 0 for a photograph; and of those with landmarks."""
        marked = 0 if self.labels is None else len(self.arrays()["landmarks"])
        return (0 if self.is_still else int(self.row["frames"])), marked

    def arrays(self) -> Arrays:
        """The labels: those of labels.npz and pictures.npz, with frame and landmark_frame in place of references."""
        assert self.labels is not None
        file, number = self.labels
        known = file.stat()
        data = _label_file(file, (known.st_size, known.st_mtime_ns))
        names = {"blend_names": data["blend_names"]} if "blend_names" in data else {}
        if self.is_still:
            return {name: data[name][number : number + 1] for name in _PICTURES if name in data} | names
        here, marked = data["clip"] == number, data["landmark_ref"][:, 0] == number
        frames = {name: data[name][here] for name in ("frame", *_FRAMES) if name in data}
        return (
            frames
            | names
            | {
                "landmark_frame": data["landmark_ref"][marked, 1],
                "landmarks": data["landmarks"][marked],
            }
        )


@lru_cache(maxsize=4)
def _label_file(file: Path, stamp: tuple[int, int]) -> Arrays:
    return read_arrays(file)


def _packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    kept: dict[str, Any] = dict(arrays)
    np.savez_compressed(buffer, **kept)
    return buffer.getvalue()

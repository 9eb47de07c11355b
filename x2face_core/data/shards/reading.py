"""Reading of shards from the first byte to the last, as far as they are intact."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zipfile import BadZipFile

import numpy as np

from x2face_core.data.checks import Arrays
from x2face_core.data.shards.places import Place
from x2face_core.files.faults import reason

_DAMAGE = (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, BadZipFile, zlib.error,
           RuntimeError)  # fmt: skip
_LARGEST = 512 * 2**20  # bytes of one file of a sample

Warn = Callable[[str], None]


def once(warn: Warn) -> Warn:
    """Tell each warning once."""
    warned: set[str] = set()

    def tell(text: str) -> None:
        if text not in warned:
            warned.add(text)
            warn(text)

    return tell


@dataclass(frozen=True)
class Sample:
    """A sample.

    number: in its shard, from 0; row: of clips.csv or pictures.csv; content: of the mp4 or jpg; labels: of the npz
    """

    number: int
    key: str
    row: dict[str, Any]
    content: bytes
    labels: Arrays | None


def read_samples(place: Place, name: str, expected: int, warn: Warn, wanted: Callable[[int], bool]) -> Iterator[Sample]:
    """The samples of a shard in order, without random access.

    expected: how many there are by the index; wanted: which of them to yield, by number
    warn: told in a line of a shard that is missing, cut short or damaged; what is intact of it is read
    """
    seen, bad = 0, 0
    try:
        with place.opened(name) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, (key, files) in enumerate(_grouped(archive)):
                seen = number + 1
                if wanted(number):
                    try:
                        yield _sample(number, key, files)
                    except _DAMAGE as error:
                        bad += 1
                        warn(f"{place.name(name)}: {key} is damaged ({reason(error):.100}) and left out.")
    except FileNotFoundError:
        warn(f"{place.name(name)}: is missing; its {expected} samples are left out.")
        return
    except _DAMAGE as error:
        why = reason(error)[:100]
        warn(f"{place.name(name)}: cannot be read after {seen} of {expected} samples ({why}); the rest is left out.")
        return
    if seen < expected:
        warn(f"{place.name(name)}: is cut short after {seen} of {expected} samples; the rest is left out.")


def _grouped(archive: tarfile.TarFile) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Files that follow one another and have the same key. An archive that ends within one ends with the one before."""
    key, files = "", dict[str, bytes]()
    for member in archive:
        if not member.isfile():
            continue
        folder, slash, file = member.name.rpartition("/")
        stem, _, suffix = file.partition(".")
        if files and folder + slash + stem != key:
            yield key, files
            files = {}
        key = folder + slash + stem
        stream = archive.extractfile(member)
        content = b"" if stream is None or member.size > _LARGEST else stream.read()
        if len(content) < member.size:
            raise EOFError(f"it ends within {member.name}")
        files[suffix] = content
    if files:
        yield key, files


def _sample(number: int, key: str, files: dict[str, bytes]) -> Sample:
    row = json.loads(files["json"])
    for suffix, expected in row["crc32"].items():
        if zlib.crc32(files[suffix]) != expected:
            raise ValueError(f"the checksum of its {suffix} is another")
    labels = None
    if "npz" in files:
        with np.load(io.BytesIO(files["npz"]), allow_pickle=False) as data:
            labels = {name: data[name] for name in data}
    return Sample(number, key, row, files["mp4"] if "mp4" in files else files["jpg"], labels)

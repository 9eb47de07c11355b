"""Writing of a folder of face tracks as shards."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from x2face_core.data.folder import FaceFolder, seconds_of
from x2face_core.data.shards.index import INDEX, Index, Shard
from x2face_core.data.shards.places import Place
from x2face_core.data.shards.samples import Entry
from x2face_core.data.shards.statistics import statistics_of
from x2face_core.data.tables import SPLITS, Split, rows
from x2face_core.errors import InputError
from x2face_core.files.faults import reading
from x2face_core.files.storing import write_text

SIZE = 256 * 2**20
"""Bytes of a shard, about."""
_NAME = re.compile(r"(train|val|test)-\d{6}\.tar")
_BLOCK = tarfile.BLOCKSIZE

LabelsOf = Callable[[Entry, int], tuple[Path, int] | None]
"""Gives the label file of an entry, whose row number in its table is given, and its number in that file."""


@dataclass(frozen=True)
class ShardTask:
    """A shard to write. out: folder that all workers share; scratch: in it, for records and temporary files"""

    name: str
    split: Split
    entries: tuple[Entry, ...]
    place: Place
    out: Path
    scratch: Path

    @property
    def record(self) -> Path:
        return self.scratch / f"{self.name}.json"

    def known(self) -> Shard | None:
        """The shard, if an earlier run wrote it of the same files."""
        try:
            found = json.loads(self.record.read_text("utf-8"))
            if found["digest"] != self.digest() or self.place.size(self.name) != found["bytes"]:
                return None
            clips = tuple((int(frames), int(marked)) for frames, marked in found["clips"])
            return Shard(self.name, self.split, found["bytes"], found["sha256"], clips)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def digest(self) -> str:
        """A hash of what the shard is made of."""
        digest = hashlib.sha256(self.place.text.encode())
        for entry in self.entries:
            files = [entry.path] if entry.labels is None else [entry.path, entry.labels[0]]
            stamps = [(known.st_size, known.st_mtime_ns) for known in (file.stat() for file in files)]
            digest.update(json.dumps([entry.row, stamps], sort_keys=True).encode())
        return digest.hexdigest()

    def perform(self) -> Shard:
        """Write the shard, if it is not there already. UsageError if it cannot be written."""
        found = self.known()
        if found is not None:
            return found
        with self.place.writing(self.name, self.scratch) as file:
            clips = write_archive(file, self.entries)
            with file.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            shard = Shard(self.name, self.split, file.stat().st_size, sha256, clips)
        write_text(self.record, json.dumps(asdict(shard) | {"digest": self.digest()}))
        return shard

    def lost(self) -> Shard:
        raise InputError(f"{self.place.name(self.name)}: processes that wrote it ended; the same line tries again.")


def write_archive(file: Path, entries: Sequence[Entry]) -> tuple[tuple[int, int], ...]:
    """Write a tar archive, the same bytes for the same entries; returns their counts (index.Shard)."""
    clips = []
    with file.open("wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for entry in entries:
            with reading(entry.path):
                parts = list(entry.parts())
            for suffix, content in parts:
                member = tarfile.TarInfo(f"{entry.key}.{suffix}")
                member.size, member.mode = len(content), 0o644
                archive.addfile(member, io.BytesIO(content))
            clips.append(entry.counts())
    return tuple(clips)


def write_shards(
    folder: FaceFolder,
    place: Place,
    scratch: Path,
    *,
    size: int = SIZE,
    labels_of: LabelsOf | None = None,
    perform: Callable[[Sequence[ShardTask]], Generator[Shard, None, None]] | None = None,
) -> Index:
    """Write all clips and photographs of a folder as shards, and their index; what is there already stays.

    scratch: a folder for records, on a disk that all workers share
    size: bytes of a shard, about; labels_of: where the labels are, default: labels.npz and pictures.npz
    perform: performs the tasks, default: one after the other
    The index is written last, so that a folder with an index is whole. UsageError if the shards cannot be written.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    tasks = list(_tasks(folder, place, scratch, size, labels_of or _labels_of(folder)))
    due = [task for task in tasks if task.known() is None]
    if due:
        place.remove(INDEX)
    made = perform(due) if perform is not None else (task.perform() for task in due)
    done = {shard.name: shard for shard in made}
    shards = [done.get(task.name) or task.perform() for task in tasks]
    training = folder.of_split("train")
    index = Index(tuple(shards), len({clip.identity for clip in training}), seconds_of(training), statistics_of(folder))
    with place.writing(INDEX, scratch) as file:
        file.write_text(index.text(), encoding="utf-8")
    for name in place.files("*.tar"):
        if _NAME.fullmatch(name) and name not in {shard.name for shard in shards}:
            place.remove(name)
    return index


def _tasks(folder: FaceFolder, place: Place, scratch: Path, size: int, labels_of: LabelsOf) -> Iterator[ShardTask]:
    entries = list(_entries(folder, labels_of))
    for split in SPLITS:
        chosen = [entry for entry in entries if entry.row["split"] == split]
        chosen.sort(key=lambda entry: hashlib.sha256(entry.name.encode()).digest())  # mixes people and films
        for number, part in enumerate(_parts(chosen, size)):
            yield ShardTask(f"{split}-{number:06}.tar", split, tuple(part), place, scratch.parent, scratch)


def _entries(folder: FaceFolder, labels_of: LabelsOf) -> Iterator[Entry]:
    for table, below in (("clips.csv", "clips"), ("pictures.csv", "pictures")):
        if not (folder.path / table).is_file():
            continue
        for number, row in enumerate(rows(folder.path / table)):
            entry = Entry(folder.path / below / (row["clip"] if below == "clips" else row["file"]), dict(row))
            yield Entry(entry.path, entry.row, labels_of(entry, number))


def _labels_of(folder: FaceFolder) -> LabelsOf:
    files = {False: folder.path / "labels.npz", True: folder.path / "pictures.npz"}
    there = {still: file.is_file() for still, file in files.items()}
    return lambda entry, number: (files[entry.is_still], number) if there[entry.is_still] else None


def _parts(entries: Sequence[Entry], size: int) -> Iterator[list[Entry]]:
    """Divide entries into lists of about `size` bytes."""
    part: list[Entry] = []
    filled = 0
    for entry in entries:
        with reading(entry.path):
            filled += entry.path.stat().st_size + 4 * _BLOCK
        part.append(entry)
        if filled >= size:
            yield part
            part, filled = [], 0
    if part:
        yield part

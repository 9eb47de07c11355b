"""What became of each film, kept beside the clips so that a run that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from x2face_core.data.preparing import labelling
from x2face_core.data.preparing.films import Film
from x2face_core.errors import UsageError
from x2face_core.media.placing import beside

STATE = ".prepare"  # the folder of the state, in the output
VERSION = 1


@dataclass(frozen=True)
class Clip:
    """A track that was kept. clip: path below clips/; start, end: seconds of the film; group: split as one."""

    clip: str
    identity: str
    group: str
    start: float
    end: float
    frames: int
    sound: bool
    crop_pixels: int


@dataclass(frozen=True)
class Dropped:
    """A track that was not kept. start, end: seconds of the film; why: one of a few reasons; detail: the figure."""

    start: float
    end: float
    why: str
    detail: str


@dataclass(frozen=True)
class Record:
    """One film. trouble: why nothing could be read of it, empty where something could; seconds: its length."""

    key: str
    stamp: str
    clips: tuple[Clip, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    seconds: float = 0.0
    scenes: int = 1
    labelled: bool = False
    trouble: str = ""


class State:
    """The folder of records in an output folder."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / STATE

    def open(self, source: str) -> None:
        """Take the output over: new, empty, or left by an earlier run on the same input. UsageError otherwise."""
        mark = self.folder / "input.json"
        if self.out.exists() and not self.out.is_dir():
            raise UsageError(f"{self.out}: is a file; give a folder for the clips.")
        if mark.is_file():
            self._refuse_another(json.loads(mark.read_text(encoding="utf-8")), source)
            return
        strange = next((p.name for p in self.out.iterdir() if p.name != STATE), None) if self.out.exists() else None
        if strange is not None:
            raise UsageError(
                f"{self.out}: holds other files ({strange}) and was not made by prepare; choose another folder."
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(mark, {"version": VERSION, "input": source})

    def _refuse_another(self, known: dict[str, Any], source: str) -> None:
        if known.get("input") != source:
            raise UsageError(f"{self.out}: holds the clips of {known.get('input')}; choose another folder.")
        if known.get("version") != VERSION:
            raise UsageError(f"{self.out}: was made by another version of prepare; remove it or choose another folder.")

    def load(self, film: Film) -> Record | None:
        """What is known of a film, as long as it has not changed since and its clips are there."""
        try:
            found = json.loads(self._record(film.key).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        clips = tuple(Clip(**clip) for clip in found.pop("clips"))
        record = Record(clips=clips, dropped=tuple(Dropped(**row) for row in found.pop("dropped")), **found)
        there = all((self.out / "clips" / clip.clip).is_file() for clip in clips)
        if record.labelled and clips and not labelling.is_whole(self.labels(film.key)):
            record = replace(record, labelled=False)
        return record if record.stamp == film.stamp and not record.trouble and there else None

    def save(self, record: Record) -> None:
        write_json(self._record(record.key), asdict(record))

    def labels(self, key: str) -> Path:
        """Where a film's labels are kept until all are joined."""
        return self._record(key).with_suffix(".npz")

    def save_labels(self, key: str, labels: labelling.Columns) -> None:
        labelling.save(self.labels(key), labels)

    def sweep(self) -> None:
        """Remove what a killed run was writing."""
        for folder in (self.out, self.folder, *(self.out / "clips").glob("*/")):
            for left in folder.glob(".x2face-*"):
                left.unlink(missing_ok=True)

    def discard(self) -> None:
        """Take the state away again, and the folder with it where nothing else is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (*(self.out / "clips").glob("*/"), self.out / "clips", self.out):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _record(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def write_json(path: Path, value: object) -> None:
    with beside(path) as hidden:
        hidden.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

"""Records of processed films and photographs, kept in the output folder so that a stopped run can resume."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from av.error import FFmpegError

from x2face_core.data.checks import path_inside
from x2face_core.data.preparing import labelling
from x2face_core.data.preparing.inputs import Film, Photograph
from x2face_core.errors import InputError, UsageError
from x2face_core.files.descriptions import BROKEN_JSON, described
from x2face_core.files.faults import WRITING, unwritable, writing
from x2face_core.files.placing import atomic_file
from x2face_core.files.temporary import remove_abandoned
from x2face_core.foreign import describe_error

T = TypeVar("T")
# Errors that concern one file only, after which the run goes on with the others: InputError, and what libraries raise
# for unforeseen damage. A full disk and the like is a UsageError, and ends the run.
BROKEN = (InputError, FFmpegError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError,
          MemoryError)  # fmt: skip
STATE = ".prepare"  # folder of the records, in the output folder
VERSION = 1
FACELESS = "no face"


@dataclass(frozen=True)
class Clip:
    """A track that was kept.

    clip: path below clips/; start, end: seconds of the film; group: clips of a group go to the same split
    """

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
    """A track that was discarded. start, end: seconds of the film; why: reason; detail: the figure behind it"""

    start: float
    end: float
    why: str
    detail: str


@dataclass(frozen=True)
class Record:
    """One film. trouble: error message if it could not be read, else empty; seconds: its length"""

    key: str
    stamp: str
    clips: tuple[Clip, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    seconds: float = 0.0
    scenes: int = 1
    labelled: bool = False
    trouble: str = ""

    def __str__(self) -> str:
        return self.trouble or f"{len(self.clips)} clips, {len(self.dropped)} dropped"


@dataclass(frozen=True)
class Still:
    """One photograph.

    file: path of its crop below pictures/, empty if there is none; identity: of the person in it
    face_pixels: width of the face in the photograph; over: share of the crop's side beyond the photograph's edge
    why, detail: reason for which it was discarded, and the figure behind it; trouble: error message if unreadable
    """

    key: str
    stamp: str
    file: str = ""
    identity: str = ""
    face_pixels: int = 0
    over: float = 0.0
    why: str = ""
    detail: str = ""
    labelled: bool = False
    trouble: str = ""

    def __str__(self) -> str:
        return self.trouble or f"dropped, {self.why} {self.detail}".rstrip() if not self.file else "kept"


class State:
    """The records in an output folder."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / STATE
        self.shards = self.folder / "shards"

    def open(self, source: str) -> None:
        """Use an output folder that is new, empty, or from an earlier run on the same input. UsageError otherwise."""
        mark = self.folder / "input.json"
        if self.out.exists() and not self.out.is_dir():
            raise UsageError(f"{self.out}: is a file; give a folder.")
        known = _read(mark)
        if known is not None:
            self._refuse_another(known, source)
            return
        if mark.exists():  # damaged; each record is validated by itself
            write_json(mark, {"version": VERSION, "input": source})
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
            raise UsageError(f"{self.out}: holds what was made of {known.get('input')}; choose another folder.")
        if known.get("version") != VERSION:
            raise UsageError(f"{self.out}: was made by another version of prepare; remove it or choose another folder.")

    def load(self, film: Film) -> Record | None:
        """The record of a film; None if the film has changed since, or clips are missing."""
        record = self._read(film.key, self._film_record)
        if record is None:
            return None
        clips = record.clips
        there = all((self.out / "clips" / clip.clip).is_file() for clip in clips)
        if record.labelled and clips and not labelling.is_whole(self.labels(film.key)):
            record = replace(record, labelled=False)
        return record if record.stamp == film.stamp and not record.trouble and there else None

    def load_still(self, photograph: Photograph) -> Still | None:
        """The record of a photograph; None if it has changed since, or its crop is missing."""
        still = self._read(photograph.key, self._still_record)
        if still is None:
            return None
        if still.labelled and still.file and not labelling.is_whole(self.labels(still.key), labelling.STILL_COLUMNS):
            still = replace(still, labelled=False)
        there = not still.file or (self.out / "pictures" / still.file).is_file()
        return still if still.stamp == photograph.stamp and not still.trouble and there else None

    def _read(self, key: str, make: Callable[[dict[str, Any]], T]) -> T | None:
        """A record; None if it is missing or damaged, so that the file is processed again."""
        found = _read(self._record(key))
        try:
            return None if found is None else make(found)
        except (KeyError, InputError, *BROKEN_JSON):
            return None

    def _film_record(self, found: dict[str, Any]) -> Record:
        clips = tuple(described(Clip, clip) for clip in found.pop("clips"))
        for clip in clips:
            path_inside(self.out / "clips", clip.clip, str(self.folder))
        return described(Record, found, clips=clips, dropped=tuple(described(Dropped, r) for r in found.pop("dropped")))

    def _still_record(self, found: dict[str, Any]) -> Still:
        still = described(Still, found)
        if still.file:
            path_inside(self.out / "pictures", still.file, str(self.folder))
        return still

    def save(self, record: Record | Still) -> None:
        write_json(self._record(record.key), asdict(record))

    def labels(self, key: str) -> Path:
        """Path of the labels of one film or photograph, until all are concatenated."""
        return self._record(key).with_suffix(".npz")

    def save_labels(self, key: str, labels: labelling.Columns) -> None:
        labelling.save(self.labels(key), labels)

    def remove_abandoned(self) -> None:
        """Remove the temporary folders of killed runs."""
        for folder in (self.out, self.folder, *self._folders()):
            remove_abandoned(folder)

    def discard(self) -> None:
        """Remove the records, and the output folder if it is empty then."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (*self._folders(), self.out / "clips", self.out / "pictures", self.out):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _folders(self) -> Iterator[Path]:
        """The folders of clips and crops."""
        for name in ("clips", "pictures"):
            yield from (self.out / name).glob("*/")

    def _record(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def _read(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, *BROKEN_JSON):
        return None
    return found if isinstance(found, dict) else None


def trouble_of(path: Path, error: BaseException) -> str:
    """The error of one file in one line that names it. UsageError if the disk is at fault, and not the file."""
    if getattr(error, "errno", None) in WRITING:
        raise unwritable(f"what is made of {path}", error) from error
    return str(error) if isinstance(error, InputError) else f"{path}: cannot be read ({describe_error(error)})."


def fatal(path: Path) -> str:
    """The error of a file whose processing ended one process after the other."""
    return f"{path}: processes that worked on it ended, as happens where memory runs out; the same line tries again."


def write_json(path: Path, value: object) -> None:
    """Write JSON in UTF-8, atomically. UsageError if the file cannot be written."""
    with atomic_file(path) as hidden, writing(path):
        hidden.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

"""What became of each film and photograph, kept in the output so that a run that was stopped goes on."""

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
from x2face_core.files.placing import atomic_file
from x2face_core.files.temporary import remove_abandoned
from x2face_core.foreign import describe_error

T = TypeVar("T")
# What one file may be broken by, so that all the others are done nevertheless: what we say of it, and what libraries
# raise for files that nobody thought of. A full disk and the like is a UsageError, and ends the run.
BROKEN = (InputError, FFmpegError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RuntimeError,
          MemoryError)  # fmt: skip
STATE = ".prepare"  # the folder of the state, in the output
VERSION = 1
FACELESS = "no face"


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

    def __str__(self) -> str:
        return self.trouble or f"{len(self.clips)} clips, {len(self.dropped)} dropped"


@dataclass(frozen=True)
class Still:
    """One photograph.

    file: its crop below pictures/, empty where there is none; identity: who is in it
    face_pixels: width of the face in the photograph; over: share of the crop's side beyond the photograph's edge
    why, detail: reason and figure for which it was dropped; trouble: why it could not be read
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
    """The folder of records in an output folder."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / STATE

    def open(self, source: str) -> None:
        """Take the output over: new, empty, or left by an earlier run on the same input. UsageError otherwise."""
        mark = self.folder / "input.json"
        if self.out.exists() and not self.out.is_dir():
            raise UsageError(f"{self.out}: is a file; give a folder.")
        known = _read(mark)
        if known is not None:
            self._refuse_another(known, source)
            return
        if mark.exists():  # damaged; what is known of each file is looked at by itself
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
        """What is known of a film, as long as it has not changed since and its clips are there."""
        record = self._read(film.key, self._film_record)
        if record is None:
            return None
        clips = record.clips
        there = all((self.out / "clips" / clip.clip).is_file() for clip in clips)
        if record.labelled and clips and not labelling.is_whole(self.labels(film.key)):
            record = replace(record, labelled=False)
        return record if record.stamp == film.stamp and not record.trouble and there else None

    def load_still(self, photograph: Photograph) -> Still | None:
        """What is known of a photograph, as long as it has not changed since and its crop is there."""
        still = self._read(photograph.key, self._still_record)
        if still is None:
            return None
        if still.labelled and still.file and not labelling.is_whole(self.labels(still.key), labelling.STILL_COLUMNS):
            still = replace(still, labelled=False)
        there = not still.file or (self.out / "pictures" / still.file).is_file()
        return still if still.stamp == photograph.stamp and not still.trouble and there else None

    def _read(self, key: str, make: Callable[[dict[str, Any]], T]) -> T | None:
        """What is known of a file; None where nothing is, or what is there is damaged, and it is done again."""
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
        """Where the labels of a film or photograph are kept until all are joined."""
        return self._record(key).with_suffix(".npz")

    def save_labels(self, key: str, labels: labelling.Columns) -> None:
        labelling.save(self.labels(key), labels)

    def remove_abandoned(self) -> None:
        """Remove what a killed run was writing."""
        for folder in (self.out, self.folder, *self._folders()):
            remove_abandoned(folder)

    def discard(self) -> None:
        """Take the state away again, and the folder with it where nothing else is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (*self._folders(), self.out / "clips", self.out / "pictures", self.out):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _folders(self) -> Iterator[Path]:
        """Those in which clips and crops lie."""
        for name in ("clips", "pictures"):
            yield from (self.out / name).glob("*/")

    def _record(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def _read(path: Path) -> dict[str, Any] | None:
    """Names and values of a JSON file; None where it is not there, or is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, *BROKEN_JSON):
        return None
    return found if isinstance(found, dict) else None


def trouble_of(path: Path, error: BaseException) -> str:
    """Why a file could not be done, in one line that names it."""
    return str(error) if isinstance(error, InputError) else f"{path}: cannot be read ({describe_error(error)})."


def write_json(path: Path, value: object) -> None:
    with atomic_file(path) as hidden:
        hidden.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

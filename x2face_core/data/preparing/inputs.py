"""The input films and photographs: where they are, output names, and identities from folder names."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from x2face_core.errors import InputError, UsageError
from x2face_core.files.faults import reading
from x2face_core.media.video import is_film

_PICTURES = {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"}
_LONGEST = 150  # bytes of a name
_SOUNDS = {".wav", ".mp3", ".m4a", ".aac", ".flac", ".ogg", ".oga", ".opus", ".wma", ".aif", ".aiff"}


@dataclass(frozen=True)
class _InputFile:
    """One file of the input.

    path: where it is
    key: path relative to the input folder, which identifies it from run to run
    name: prefix of the names of a film's clips, or the file name of a photograph's crop
    identity: of the person in it; in a film that shows several faces at once, of the first
    stamp: changes when the file changes
    """

    path: Path
    key: str
    name: str
    identity: str
    stamp: str


class Film(_InputFile):
    """One film of the input."""


class Photograph(_InputFile):
    """One photograph of the input."""


@dataclass(frozen=True)
class Inputs:
    """Films and photographs, each sorted by path."""

    films: tuple[Film, ...] = ()
    photographs: tuple[Photograph, ...] = ()

    def __len__(self) -> int:
        return len(self.films) + len(self.photographs)

    def __str__(self) -> str:
        counts = ((len(self.films), "film"), (len(self.photographs), "picture"))
        return " and ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count) or "nothing"


def list_inputs(root: Path, out: Path) -> Inputs:
    """All films and photographs below the folder `root`, or the one file that `root` is.

    out: the output folder, which is not searched. InputError if there is no film and no photograph, UsageError if both
        are one folder.
    """
    if not root.exists():
        raise InputError(f"{root}: there is no such folder, film or picture; check the name.")
    if root.is_file():
        alone = {root.name: root}
        is_still = _is_photograph(root) and not _is_film(root)
        return Inputs((), _photographs(alone)) if is_still else Inputs(_films(alone), ())
    if root.resolve() == out.resolve():
        raise UsageError(f"{out} is the folder to read, and clips would be mixed with films; choose another output.")
    with reading(root), os.scandir(root):  # rglob below passes over folders that may not be read
        pass
    files = {path.relative_to(root).as_posix(): path for path in _candidates(root, out)}
    films = {key: path for key, path in files.items() if _is_film(path)}
    pictures = {key: path for key, path in files.items() if key not in films and _is_photograph(path)}
    if not films and not pictures:
        raise InputError(
            f"{root}: holds no film and no picture, nor does any folder in it; give the folder where yours are."
        )
    return Inputs(_films(films), _photographs(pictures))


def _films(paths: dict[str, Path]) -> tuple[Film, ...]:
    named = ((path, key, name) for (key, path), name in zip(paths.items(), _names(paths), strict=True))
    return tuple(Film(path, key, name, film_identity(key, name), _stamp(path)) for path, key, name in named)


def _photographs(paths: dict[str, Path]) -> tuple[Photograph, ...]:
    named = ((path, key, name) for (key, path), name in zip(paths.items(), _names(paths), strict=True))
    return tuple(Photograph(path, key, name, photograph_identity(key, name), _stamp(path)) for path, key, name in named)


def film_identity(key: str, name: str) -> str:
    """The identity from VoxCeleb's layout `id/video/clip.mp4`; any other film counts as a person of its own."""
    parts = Path(key).parts
    return parts[-3] if len(parts) >= 3 else name


def photograph_identity(key: str, name: str) -> str:
    """As film_identity; the layout `person/picture.jpg` is recognised too."""
    parts = Path(key).parts
    return parts[0] if len(parts) == 2 else film_identity(key, name)


def folder_name(identity: str) -> str:
    """Name of the output folder of a person's clips."""
    return _slug(identity)


def _stamp(path: Path) -> str:
    known = path.stat()
    return f"{known.st_size}-{known.st_mtime_ns}"


def _names(keys: Iterable[str]) -> list[str]:
    names = {key: _slug("-".join(Path(key).with_suffix("").parts)) for key in keys}
    shared = Counter(names.values())
    return [_unlike(name, key, shared) for key, name in names.items()]


def _candidates(root: Path, out: Path) -> Iterator[Path]:
    own = out.resolve()
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if not hidden and path.is_file() and own not in path.resolve().parents:
            yield path


def _is_film(path: Path) -> bool:
    if path.suffix.lower() in _SOUNDS:
        return False
    try:
        return is_film(path)
    except InputError:  # empty or unreadable: reported as broken if its suffix is a film's
        return (guess_type(path.name)[0] or "").startswith("video/")


def _is_photograph(path: Path) -> bool:
    return path.suffix.lower() in _PICTURES


def _slug(text: str) -> str:
    """The text as a portable file name, short enough for a number and a suffix."""
    name = re.sub(r"[^\w.-]+", "_", text).strip("._") or "unnamed"
    if len(name.encode()) <= _LONGEST:
        return name
    return f"{name.encode()[: _LONGEST - 9].decode(errors='ignore')}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _unlike(name: str, key: str, shared: Counter[str]) -> str:
    """The name, made unique by a hash of the key if another file has the same name."""
    return name if shared[name] == 1 else f"{name}__{hashlib.sha256(key.encode()).hexdigest()[:6]}"

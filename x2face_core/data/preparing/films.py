"""Which films a folder holds, what their clips are called, and whose faces they show by the folders' names."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from x2face_core.errors import InputError
from x2face_core.media.video import is_film

_SOUNDS = {".wav", ".mp3", ".m4a", ".aac", ".flac", ".ogg", ".oga", ".opus", ".wma", ".aif", ".aiff"}


@dataclass(frozen=True)
class Film:
    """One film of the input.

    path: where it is
    key: its path below the input folder, which identifies it from run to run
    name: what its clips' names begin with
    identity: who is in it; where it shows several faces at once, the first of them
    stamp: changes when the file does
    """

    path: Path
    key: str
    name: str
    identity: str
    stamp: str


def list_films(place: Path, out: Path) -> list[Film]:
    """All films below a folder, in the order of their paths, or the one film that `place` is.

    out: left out of the search. InputError when nothing is there or nothing there is a film.
    """
    if not place.exists():
        raise InputError(f"{place}: there is no such folder or film; check the name.")
    if place.is_file():
        return [_film(place, place.name, _slug(place.stem))]
    paths = {path.relative_to(place).as_posix(): path for path in _candidates(place, out) if _is_film(path)}
    if not paths:
        raise InputError(f"{place}: holds no film, nor does any folder in it; give the folder where your films are.")
    names = {key: _slug("-".join(Path(key).with_suffix("").parts)) for key in paths}
    shared = Counter(names.values())
    return [_film(paths[key], key, _unlike(name, key, shared)) for key, name in names.items()]


def identity_of(key: str, name: str) -> str:
    """VoxCeleb's layout, `id/video/clip.mp4`, says who it is; anywhere else a film is somebody of its own."""
    parts = Path(key).parts
    return parts[-3] if len(parts) >= 3 else name


def folder_name(identity: str) -> str:
    """Clips of one person lie together; in a plain folder, those of one film."""
    return _slug(identity)


def _film(path: Path, key: str, name: str) -> Film:
    known = path.stat()
    return Film(path, key, name, identity_of(key, name), f"{known.st_size}-{known.st_mtime_ns}")


def _candidates(place: Path, out: Path) -> Iterator[Path]:
    own = out.resolve()
    for path in sorted(place.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
        if not hidden and path.is_file() and own not in path.resolve().parents:
            yield path


def _is_film(path: Path) -> bool:
    if path.suffix.lower() in _SOUNDS:
        return False
    try:
        return is_film(path)
    except InputError:  # empty or locked: one that is called a film is reported as broken
        return (guess_type(path.name)[0] or "").startswith("video/")


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip("._") or "film"


def _unlike(name: str, key: str, shared: Counter[str]) -> str:
    """The name, told apart where another film would have the same one."""
    return name if shared[name] == 1 else f"{name}__{hashlib.sha256(key.encode()).hexdigest()[:6]}"

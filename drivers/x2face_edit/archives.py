"""Presets with their pictures in one .zip file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from x2face_plugins import InputError
from x2face_plugins.media import readable_file

SUFFIX = ".zip"
_MOST_FILES = 200
_MOST_BYTES = 500_000_000  # of all files together, unpacked


def is_archive(path: Path) -> bool:
    """Whether a preset is one, by its name."""
    return path.suffix.lower() == SUFFIX


def unpack(path: Path, folder: Path) -> Path:
    """Unpack a .zip with one preset (.json) and its pictures into a folder; returns the preset's path there.

    Files beside or below the preset are unpacked, in its folder's structure; nothing is written outside `folder`.
    InputError for a file that is no .zip, has no preset or several, or is too large.
    """
    with _opened(path) as archive:
        members = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
        _refuse_large(path, members)
        presets = [one for one in members if one.filename.lower().endswith(".json")]
        if len(presets) != 1:
            raise InputError(
                f"{path}: holds {len(presets) or 'no'} .json files; one preset and its pictures are needed."
            )
        top = PurePosixPath(presets[0].filename).parent
        for member in members:
            if (place := _place(member.filename, top)) is not None:
                target = folder / place
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member))
        return folder / PurePosixPath(presets[0].filename).name


def _place(name: str, top: PurePosixPath) -> PurePosixPath | None:
    """Where a member goes, relative to the preset's folder; None for one outside of it."""
    if "\\" in name or ":" in name:
        return None
    inner = PurePosixPath(name)
    if inner.is_absolute() or ".." in inner.parts or not inner.is_relative_to(top):
        return None
    return inner.relative_to(top)


def _refuse_large(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > _MOST_FILES:
        raise InputError(f"{path}: holds {len(members)} files; {_MOST_FILES} are the most.")
    size = sum(one.file_size for one in members)
    if size > _MOST_BYTES:
        raise InputError(
            f"{path}: holds {size // 1_000_000} MB of files; {_MOST_BYTES // 1_000_000} are the most; reduce them."
        )


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open it; whatever is wrong inside becomes an InputError."""
    readable = readable_file(path)
    try:
        with zipfile.ZipFile(readable) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(
            f"{path}: is no .zip that can be unpacked ({error}); pack preset and pictures again."
        ) from None

"""Films of an earlier demo, which a new one may replace, told apart from other files of the same names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from x2face_core.errors import InputError, UsageError
from x2face_core.files.checksums import file_checksum
from x2face_core.media.opening import opened


def refuse_others(folder: Path, films: Iterable[tuple[str, str]], pictures: Mapping[str, Path]) -> None:
    """UsageError if the folder holds a file of a film's name that is not this film of an earlier demo.

    films: pairs of source name and file name; pictures: of the sources, by name. What a film was made from is read
    from its metadata (rendering.provenance).
    """
    for source, name in films:
        path = folder / name
        if path.exists() and f"source sha256:{file_checksum(pictures[source])}" not in _inputs(path):
            raise UsageError(f"{path} exists already and is no film of a demo; choose another folder, or --overwrite.")


def _inputs(path: Path) -> str:
    """The inputs that a film says it was made from; empty for other files."""
    try:
        with opened(path) as film:
            return film.metadata.get("inputs", "")
    except InputError:
        return ""

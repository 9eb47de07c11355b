"""Output paths: validation, default names, and the form of the output."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

from x2face_core.errors import UsageError
from x2face_core.files.faults import expanded, writing
from x2face_core.files.placing import resolved

SUFFIXES = (".mp4", ".webm", ".gif")
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"}
"""Suffixes of pictures in an input folder."""
_LONGEST = 100  # bytes of each half of a default name
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@dataclass(frozen=True)
class Output:
    """A film, whose suffix is its format, or a folder of numbered pictures.

    overwrite: replace an existing output; shown: the path as the user wrote it
    """

    path: Path
    folder: bool = False
    overwrite: bool = True
    shown: str = ""

    def __str__(self) -> str:
        return self.shown or str(self.path)

    @property
    def has_sound(self) -> bool:
        return not self.folder and self.path.suffix.lower() != ".gif"


def resolve_output(
    text: str | None, sources: Sequence[Path], driving: str, *, overwrite: bool, inputs: Iterable[Path]
) -> Output:
    """Determine and validate the output path; a name that ends in / is a folder.

    text: as the user wrote it; None: outputs/{source}--{driving}.mp4. The result is absolute, so that a later change of
        the working directory, by a driver for instance, does not matter.
    UsageError for an unknown suffix, a path that cannot be written, an existing file, or an output that is one of the
    inputs, contains one, or lies inside one.
    """
    text = text or f"outputs/{default_name(sources[0], driving)}.mp4"
    output = Output(_absolute(text), text.endswith(("/", "\\")), overwrite, str(expanded(text)))
    if not output.folder and output.path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{text}: a film's name ends in {', '.join(SUFFIXES)}; a folder's in /.")
    _check(text, output, inputs)
    return output


def default_name(source: Path, what: str) -> str:
    """`{source}--{what}` as a valid file name, without slashes and control characters, of limited length."""
    of = expanded(source)
    return f"{_short(of.stem or Path(os.path.realpath(of)).stem)}--{_short(what)}"


def _short(text: str) -> str:
    plain = "".join("_" if one in "/\\" or not one.isprintable() else one for one in text)
    return os.fsdecode(os.fsencode(plain)[:_LONGEST]).encode(errors="ignore").decode()


def resolve_file(text: str, suffix: str, *, overwrite: bool, inputs: Iterable[Path]) -> Output:
    """The same for another kind of file, whose name has to end in `suffix`. UsageError as resolve_output."""
    output = Output(_absolute(text), False, overwrite, str(expanded(text)))
    if text.endswith(("/", "\\")) or output.path.suffix.lower() != suffix:
        raise UsageError(f"{text}: the name of this file has to end in {suffix}.")
    _check(text, output, inputs)
    return output


def _absolute(text: str) -> Path:
    return Path(os.path.abspath(expanded(text)))  # noqa: PTH100 (links are followed later)


def resolve_folder(path: Path) -> Path:
    """The same for a folder of several files, which is created if missing. UsageError as resolve_output."""
    output = Output(_absolute(str(path)), folder=True, shown=str(path))
    _check(str(path), output, [])
    return output.path


def named_files(value: object) -> Iterator[Path]:
    """All files and folders named in a settings dataclass; the run may read any of them."""
    if isinstance(value, str | Path):
        if (path := expanded(value)) and os.path.lexists(path):
            yield path
    elif isinstance(value, Mapping):
        yield from (path for one in value.values() for path in named_files(one))
    elif isinstance(value, tuple | list):
        yield from (path for one in value for path in named_files(one))
    elif is_dataclass(value):
        yield from (path for field in fields(value) for path in named_files(getattr(value, field.name, None)))


def _check(text: str, output: Output, inputs: Iterable[Path]) -> None:
    if _URL.match(text):
        raise UsageError(f"{text} is an address, and outputs are files on this machine; choose a file's name.")
    with writing(output):
        target = resolved(output.path)
        _refuse_what_is_in_the_way(output, target)
        _refuse_unwritable(output, target)
        _refuse_an_input(output, target, inputs)


def _refuse_unwritable(output: Output, target: Path) -> None:
    above = next(folder for folder in (target, *target.parents)[0 if output.folder else 1 :] if folder.exists())
    if not above.is_dir():
        raise UsageError(f"{output}: {above} is a file, not a folder; choose another output.")
    if not os.access(above, os.W_OK | os.X_OK):
        raise UsageError(f"{output}: nothing can be written to {above}; choose another output.")
    if target.is_file() and not os.access(target, os.W_OK):
        raise UsageError(f"{output} is protected from being written to; choose another output.")


def _refuse_an_input(output: Output, target: Path, inputs: Iterable[Path]) -> None:
    if not target.exists():
        return
    for one in inputs:
        if not one.exists():
            continue
        if target.samefile(one) or (target.suffix.lower() in PICTURES and target.parent.samefile(one)):
            raise UsageError(f"{output} is one of the inputs; choose another output.")
        if target.is_dir() and target in Path(os.path.realpath(one)).parents:
            raise UsageError(f"{output} holds {one}, which is one of the inputs; choose another output.")


def _refuse_what_is_in_the_way(output: Output, target: Path) -> None:
    if not os.path.lexists(output.path):
        return
    if target.exists() and target.is_dir() != output.folder:
        there, wanted = ("a folder", "a file") if target.is_dir() else ("a file", "a folder")
        raise UsageError(f"{output} is {there} and the output would be {wanted}; choose another name.")
    if output.folder and not (target.is_dir() and any(target.iterdir())):
        return
    if not output.overwrite:
        raise UsageError(f"{output} exists already; --overwrite replaces it.")

"""Folders on disks and in object storage, by fsspec."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from x2face_core.errors import InputError, MissingError
from x2face_core.files.faults import WRITING, reason, unwritable
from x2face_core.files.placing import atomic_file


def is_url(text: str) -> bool:
    """Whether a text is a URL, such as s3://bucket/tracks, and not a path."""
    return "://" in text


@dataclass(frozen=True)
class Place:
    """A folder. fs: fsspec's file system; root: its path there; text: as the user gave it"""

    fs: Any
    root: str
    text: str

    @classmethod
    def of(cls, text: str) -> Place:
        """InputError for a URL of an unknown kind; MissingError where fsspec lacks the package for it."""
        from fsspec.core import url_to_fs

        try:
            fs, root = url_to_fs(text)
        except ImportError as error:
            raise MissingError(f"{text}: {reason(error)}.") from error
        except (ValueError, OSError) as error:
            raise InputError(f"{text}: cannot be opened ({reason(error)}).") from error
        return cls(fs, root.rstrip("/"), text.rstrip("/"))

    @property
    def local(self) -> Path | None:
        """The folder, if it is on a disk of this machine."""
        protocol = self.fs.protocol
        return Path(self.root) if "file" in ((protocol,) if isinstance(protocol, str) else protocol) else None

    def name(self, file: str) -> str:
        """How a file in the folder is called in messages."""
        return f"{self.text}/{file}"

    def size(self, file: str) -> int | None:
        """Size of a file in bytes; None if there is none."""
        try:
            return int(self.fs.info(f"{self.root}/{file}")["size"])
        except (OSError, KeyError, TypeError):
            return None

    def files(self, pattern: str) -> list[str]:
        """Names of the files that match a pattern with * and ?, sorted."""
        try:
            found = self.fs.ls(self.root, detail=False)
        except OSError:
            return []
        names = (str(path).rstrip("/").rpartition("/")[2] for path in found)
        return sorted(fnmatch.filter(names, pattern))

    @contextmanager
    def opened(self, file: str) -> Iterator[IO[bytes]]:
        """Open a file for reading from beginning to end. OSError if that fails."""
        with self.fs.open(f"{self.root}/{file}", "rb") as stream:
            yield stream

    def read(self, file: str) -> bytes:
        """The content of a file. InputError if it cannot be read."""
        try:
            with self.opened(file) as stream:
                return stream.read()
        except OSError as error:
            raise InputError(f"{self.name(file)}: cannot be read ({reason(error)}).") from error

    @contextmanager
    def writing(self, file: str, scratch: Path) -> Iterator[Path]:
        """Write a file: yields a local path, whose content appears under the name when it is whole.

        scratch: a local folder for what goes to object storage
        UsageError if it cannot be written.
        """
        folder = self.local
        if folder is not None:
            with _refused(folder):
                folder.mkdir(parents=True, exist_ok=True)
            with _refused(folder / file), atomic_file(folder / file) as hidden:
                yield hidden
            return
        with _refused(self.name(file)), atomic_file(scratch / file) as hidden:
            yield hidden
            self.fs.makedirs(self.root, exist_ok=True)
            self.fs.put_file(str(hidden), f"{self.root}/{file}")
        (scratch / file).unlink(missing_ok=True)

    def remove(self, file: str) -> None:
        """Remove a file, if it is there."""
        if self.size(file) is not None:
            with _refused(self.name(file)):
                self.fs.rm_file(f"{self.root}/{file}")


@contextmanager
def _refused(path: object) -> Iterator[None]:
    """Turn an OSError of writing into a UsageError, and one about a file to be read into an InputError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and error.errno not in WRITING:
            raise InputError(f"{error.filename or path}: cannot be read ({reason(error)}).") from error
        raise unwritable(path, error) from error

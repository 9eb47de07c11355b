"""The cache of engines: graphs by weights, precision and versions, and what was chosen on this machine.

Below $X2FACE_HOME/cache/engines; it may be removed at any time. What is broken in it is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from x2face_core.engines.interface import Part, versions
from x2face_core.errors import UsageError
from x2face_core.files.descriptions import BROKEN_JSON
from x2face_core.files.faults import writing
from x2face_core.files.placing import atomic_file
from x2face_core.files.storing import write_text
from x2face_core.weights import home

_FORMAT = 4  # of graphs and files; raised when either changes
_INDEX = "graphs.json"


def cache_folder() -> Path | None:
    """The folder, created if missing; None where it cannot be written."""
    with suppress(UsageError, OSError):
        folder = home() / "cache" / "engines"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


def key_of(*parts: object) -> str:
    """A short name for anything that can be written as JSON, and the versions of all engines."""
    text = json.dumps([_FORMAT, versions(), *parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def machine() -> list[Any]:
    """What of a machine the speed of engines depends on."""
    model = platform.processor()
    with suppress(OSError, UnicodeDecodeError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return [platform.system(), platform.machine(), model, os.cpu_count()]


class GraphFolder:
    """The graphs of some weights, each with its checksum; a temporary folder where the cache cannot be written.

    sha256: of the weights
    """

    def __init__(self, sha256: str) -> None:
        root, weights = cache_folder(), sha256[:16]
        if root is None:
            self.path = Path(mkdtemp(prefix="x2face-"))
            weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        else:
            self.path = root / f"{weights}-{key_of()}"
            _remove_others(root, weights, self.path.name)
            self.path.mkdir(exist_ok=True)

    def file(self, part: Part, precision: str) -> Path:
        return self.path / f"{part}-{precision}.onnx"

    def has(self, part: Part, precision: str) -> bool:
        """Whether a graph is there and whole."""
        path = self.file(part, precision)
        with suppress(OSError):
            return bool(self._sums().get(path.name) == _checksum(path))
        return False

    @contextmanager
    def writing(self, part: Part, precision: str) -> Iterator[Path]:
        """Where to write a graph, which is kept if it was written without error."""
        path = self.file(part, precision)
        path.unlink(missing_ok=True)  # a broken one, which the run in progress has read
        with atomic_file(path) as hidden:
            yield hidden
        write_json(self.path / _INDEX, self._sums() | {path.name: _checksum(path)})

    def _sums(self) -> dict[str, Any]:
        return read_json(self.path / _INDEX)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; empty if there is none, or it is broken."""
    with suppress(OSError, UnicodeDecodeError, *BROKEN_JSON):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def write_json(path: Path, content: object) -> None:
    """Write a file of the cache. UsageError where it cannot be written."""
    with writing(path):
        path.unlink(missing_ok=True)  # the run in progress may have read it
    write_text(path, json.dumps(content, indent=1))


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_others(root: Path, weights: str, name: str) -> None:
    """Remove what other versions of x2face and of engines made."""
    with suppress(OSError):
        for folder in root.glob(f"{weights}-*"):
            if folder.name != name:
                shutil.rmtree(folder, ignore_errors=True)

"""Entry points of installed distributions, parsed directly from their metadata folders.

importlib.metadata reads the same files, but importing it takes longer than listing all drivers. It is used only if
sys.path has archives or there are other distribution finders. docs/adr/0003-entry-points.md
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

_PATH_FINDERS = ("_frozen_importlib_external", "importlib_metadata")
"""Modules of the finders that look in the folders of sys.path: Python's own, and its backport's."""


class Entry(NamedTuple):
    """An entry point.

    value: module, or module:attribute; dist, version: of its distribution
    """

    name: str
    value: str
    dist: str
    version: str

    def load(self) -> Any:
        """Import and return the object. Raises whatever the import raises."""
        module, _, attributes = self.value.partition(":")
        found = import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            found = getattr(found, attribute)
        return found


def canonical(dist: str) -> str:
    """The normalised name of a distribution (PEP 503)."""
    return re.sub(r"[-_.]+", "-", dist.strip()).lower()


def find_entries(group: str) -> list[Entry]:
    """All entry points of a group; a distribution that is installed twice counts once, the first on sys.path."""
    if any(map(os.path.isfile, sys.path)) or any(map(_finds_distributions, sys.meta_path)):
        return list(_by_metadata(group))
    infos: dict[str, str] = {}
    for folder in sys.path:
        for name, info in _infos(folder or "."):
            infos.setdefault(name, info)
    return [entry for info in infos.values() for entry in _entries(info, group)]


def _finds_distributions(finder: object) -> bool:
    """Whether a finder finds other distributions than those in the folders of sys.path."""
    return hasattr(finder, "find_distributions") and getattr(finder, "__module__", "") not in _PATH_FINDERS


def _infos(folder: str) -> Iterator[tuple[str, str]]:
    """Normalised names of the distributions in a folder, and their metadata folders."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            yield canonical(name.rpartition(".")[0].partition("-")[0]), f"{folder}/{name}"


def _entries(info: str, group: str) -> Iterator[Entry]:
    lines = list(_section(_read(f"{info}/entry_points.txt"), group))
    if lines:
        dist, version = _origin(info)
        yield from (Entry(name, value, dist, version) for name, value in lines)


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{group}]"
        elif inside and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            yield name.strip(), value.partition("[")[0].strip()  # extras in brackets


def _origin(info: str) -> tuple[str, str]:
    """Name and version of a distribution."""
    head = (_read(f"{info}/METADATA") or _read(f"{info}/PKG-INFO")).partition("\n\n")[0]
    fields = dict(line.split(": ", 1) for line in head.splitlines() if line.startswith(("Name: ", "Version: ")))
    return fields.get("Name", "unknown"), fields.get("Version", "")


def _read(path: str) -> str:
    """A file's text, empty if there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _by_metadata(group: str) -> Iterator[Entry]:
    from importlib.metadata import entry_points

    for entry in entry_points(group=group):
        dist, version = (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "")
        yield Entry(entry.name, entry.value.partition("[")[0].strip(), dist, version)

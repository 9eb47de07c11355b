"""Plugins that nobody installed: a folder with a pyproject.toml, a package, or one module."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from x2face_core.errors import InputError
from x2face_plugins.entries import Entry, canonical
from x2face_plugins.loading import GROUP, Plugin, in_order, load_alone, load_plugins
from x2face_plugins.registry import Registry


def registry_with(path: Path) -> tuple[Registry, list[Plugin]]:
    """What is installed together with the plugins at a path, and the latter alone.

    An installed copy of the same distribution steps aside.
    """
    here = load_path(path)
    dists = {canonical(plugin.dist) for plugin in here}
    others = [plugin for plugin in load_plugins() if canonical(plugin.dist) not in dists]
    return Registry(in_order([*here, *others])), here


def load_path(path: Path) -> list[Plugin]:
    """The plugins at a path, loaded as if they were installed; one that cannot be is failed, as there.

    path: a folder whose pyproject.toml has entry points of the group x2face, its modules in it or in src; else a
        package, or a .py file, that has the hooks itself
    Raises InputError where there is nothing of that sort.
    """
    path = path.resolve()
    if (path / "pyproject.toml").is_file():
        return _of_project(path)
    if path.suffix == ".py" and path.is_file():
        return [_load(path.parent, Plugin(name=path.stem, dist=path.name, version="", module=path.stem))]
    if (path / "__init__.py").is_file():
        return [_load(path.parent, Plugin(name=path.name, dist=path.name, version="", module=path.name))]
    raise InputError(f"{path}: no plugin; a folder with a pyproject.toml, a package or a .py file may be one.")


def _of_project(folder: Path) -> list[Plugin]:
    project = _read(folder / "pyproject.toml")
    entries = project.get("entry-points", {}).get(GROUP, {})
    if not entries:
        raise InputError(f"{folder / 'pyproject.toml'} has no [project.entry-points.{GROUP}], so it is no plugin.")
    dist, version = project.get("name", folder.name), str(project.get("version", ""))
    return [
        _load(_home(folder, module), Plugin(name=name, dist=dist, version=version, module=module))
        for name, module in entries.items()
    ]


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")).get("project", {}))
    except (ValueError, OSError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error


def _home(folder: Path, module: str) -> Path:
    """The folder that holds a module: the project's own, or its src."""
    top = module.partition(":")[0].partition(".")[0]
    inside = folder / "src"
    return inside if (inside / top).is_dir() or (inside / f"{top}.py").is_file() else folder


def _load(home: Path, plugin: Plugin) -> Plugin:
    if str(home) not in sys.path:
        sys.path.insert(0, str(home))
    return load_alone(plugin, Entry(plugin.name, plugin.module, plugin.dist, plugin.version).load)

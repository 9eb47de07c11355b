"""Plugins that are not installed: a project folder, a package, or a single module, given by path."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from x2face_core.errors import InputError, PluginError
from x2face_plugins.entries import Entry
from x2face_plugins.loading import GROUP, Plugin, load_alone


def is_path(text: str) -> bool:
    """Whether a driver's name is a path: it has a slash, or ends in .py."""
    return "/" in text or os.sep in text or text.endswith(".py")


def open_path(path: str | Path) -> list[Plugin]:
    """Load the plugins at a path; giving the path is the consent to run its code.

    InputError if there is no plugin, PluginError if one fails to load.
    """
    here = load_path(Path(path))
    for plugin in here:
        if plugin.status != "ok":
            raise PluginError(f"{path}: the plugin {plugin.name} does not load: {plugin.error}.") from plugin.cause
    return here


def load_path(path: Path) -> list[Plugin]:
    """Load the plugins at a path as if they were installed; broken ones are returned as failed.

    path: a folder whose pyproject.toml has entry points of the group x2face, with its modules there or in src; or a
        package or .py file that defines the hooks
    InputError if it is none of these.
    """
    path = path.resolve()
    if (path / "pyproject.toml").is_file():
        return _of_project(path)
    if path.suffix == ".py" and path.is_file():
        return [_load(path.parent, Plugin(name=path.stem, dist=path.name, version="", module=path.stem))]
    if (path / "__init__.py").is_file():
        return [_load(path.parent, Plugin(name=path.name, dist=path.name, version="", module=path.name))]
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder; check the name.")
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
    """The folder that contains a module: the project folder, or its src."""
    top = module.partition(":")[0].partition(".")[0]
    inside = folder / "src"
    return inside if (inside / top).is_dir() or (inside / f"{top}.py").is_file() else folder


def _load(home: Path, plugin: Plugin) -> Plugin:
    if str(home) not in sys.path:
        sys.path.insert(0, str(home))

    def load() -> Any:
        module = Entry(plugin.name, plugin.module, plugin.dist, plugin.version).load()
        if (file := getattr(module, "__file__", None)) and home not in Path(file).resolve().parents:
            raise PluginError(f"the name {plugin.module} is taken by {file}; call this one otherwise")
        return module

    return load_alone(plugin, load)

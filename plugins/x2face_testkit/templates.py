"""New plugins from templates: complete distributions with tests, renamed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

from x2face_core.errors import UsageError
from x2face_core.files.faults import expanded, writing
from x2face_core.files.temporary import temporary_folder
from x2face_plugins.checking import NAME, RESERVED_COMMANDS, RESERVED_NAMES
from x2face_plugins.registry import Registry

OURS = "gamepad"  # name used in the templates
SUMMARIES = {
    "offset": "Turn the head by a recorded stick",
    "absolute": "Move from the face in one picture to the next",
    "overlay": "Put colour on a face",
    "mapping": "Drive by numbers that were recorded beside films",
}
LONGEST = 40  # characters of a name
SHARED = ("pyproject.toml", "README.md", ".gitignore")  # taken from the offset template for all kinds
LEFTOVERS = ("__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", "dist", "build")
_HERE = Path(__file__).parent


def make(name: str, kind: str, folder: Path | None, registry: Registry) -> Path:
    """Write a plugin from the template of its kind under a new name; returns its folder.

    name: of the driver, the overlay or the mapping; kind: one of SUMMARIES
    folder: None for x2face-NAME here
    UsageError for a name that is invalid or taken, or a folder that is not empty.
    """
    check_name(name, registry)
    folder = expanded(distribution(name) if folder is None else folder)
    if os.path.lexists(folder) and not (folder.is_dir() and not any(folder.iterdir())):
        raise UsageError(f"{folder} exists already; -o takes a new folder.")
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(folder.parent) as beside:
            made = beside / "made"
            for inside, source in files(kind):
                _copy(source, made / renamed(str(inside), name), name, kind)
            made.rename(folder)  # succeeds only if the target is missing or an empty folder
    return folder


def check_name(name: str, registry: Registry) -> None:
    """UsageError for an invalid name, or that of something installed."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        raise UsageError(
            f"{name!r} is no name for a plugin: a-z, 0-9 and _, a letter first, {LONGEST} at most, such as my_pad."
        )
    if name in RESERVED_NAMES | RESERVED_COMMANDS:
        raise UsageError(f"{name} is kept for x2face's own options and commands; choose another name.")
    if any(line.name == name for line in registry.plugins):
        raise UsageError(f"{name} is installed already, see `x2face drivers`; choose another name.")
    if importlib.util.find_spec(package(name)):
        raise UsageError(f"{name}: there is a package {package(name)} already; choose another name.")


def package(name: str) -> str:
    return f"x2face_{name}"


def distribution(name: str) -> str:
    """x2face-my-pad for my_pad."""
    return "-".join(["x2face", *filter(None, name.split("_"))])


def files(kind: str) -> Iterator[tuple[Path, Path]]:
    """Relative target and source of each file of a template."""
    offset = example("offset")
    if kind == "offset":
        yield from _files(offset)
    else:
        yield from ((Path(name), offset / name) for name in SHARED if (offset / name).is_file())
        yield from _files(example(kind))


def example(kind: str) -> Path:
    """The folder of a template: in the package, or in a checkout plugins/template for the offset kind."""
    packaged = _HERE / "templates" / kind
    return packaged if packaged.is_dir() else _HERE.parent / "template"


def _files(folder: Path) -> Iterator[tuple[Path, Path]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part in LEFTOVERS or part.endswith(".egg-info") for part in inside.parts):
            yield inside, path


def _copy(source: Path, target: Path, name: str, kind: str) -> None:
    text = source.read_text(encoding="utf-8").replace(SUMMARIES["offset"], SUMMARIES[kind])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(renamed(text, name), encoding="utf-8")


def renamed(text: str, name: str) -> str:
    """A text of a template with the new name in packages, distributions, classes, and alone."""
    classes = "".join(word.capitalize() for word in name.split("_"))
    text = text.replace(f"x2face-{OURS}", distribution(name))
    return text.replace(OURS.capitalize(), classes).replace(OURS, name)

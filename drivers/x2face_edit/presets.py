"""The parameters of layers, from options of the command line and from preset files."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from x2face_plugins import InputError, UsageError, X2FaceError
from x2face_plugins.media import ANCHORS, atomic_file, readable_file

BLENDS = ("normal", "multiply", "screen")


@dataclass(frozen=True)
class Layer:
    """One picture or film, and its placement on the embedded face.

    layer: path of the picture or film
    at: its centre in normalised coordinates (x, y), or the name of an anchor
    scale: its width as a share of the face's width
    rotate: degrees clockwise; flip: mirrored before that
    opacity: 0..1; blend: one of BLENDS
    where: description for errors: which layer of which preset; empty for one from the command line
    given: keys whose values come from the command line
    """

    layer: Path
    at: tuple[float, float] | str = (0.0, 0.0)
    scale: float = 0.25
    rotate: float = 0.0
    opacity: float = 1.0
    flip: bool = False
    blend: str = "normal"
    where: str = ""
    given: tuple[str, ...] = ()

    def refused(self, key: str, why: str) -> X2FaceError:
        """The error for an invalid value: UsageError for an option, InputError for a preset."""
        if self.where and key not in self.given:
            return InputError(f"{self.where}.{key}: {why}")
        return UsageError(f"{_option(key)}: {why}")


KEYS = tuple(field.name for field in fields(Layer) if field.name not in ("where", "given"))


def _option(key: str) -> str:
    return "--edit" if key == "layer" else f"--edit-{key}"


def changed(layer: Layer, given: Mapping[str, Any]) -> Layer:
    """The layer with values from the command line. UsageError for an invalid value."""
    values = {}
    for key, value in given.items():
        try:
            values[key] = _checked(key, value)
        except ValueError as error:
            raise UsageError(f"{_option(key)} {value}: {error}") from None
    return replace(layer, **values, given=tuple(values))


def read_preset(path: Path, shown: Path | None = None) -> list[Layer]:
    """Read the layers of a preset. InputError names the invalid key.

    shown: the .zip that it was unpacked from, named in errors; then layers lie beside it, and nowhere else
    """
    readable, inside = readable_file(path), shown is not None
    path = shown or path
    try:
        content = json.loads(readable.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no JSON ({error}); a preset is written by --edit-save.") from None
    if not isinstance(content, dict) or set(content) != {"layers"}:
        raise InputError(f'{path}: a preset is {{"layers": […]}} and nothing else; --edit-save writes one.')
    layers = content["layers"]
    if not isinstance(layers, list) or not layers:
        raise InputError(f"{path}: layers: expected a list of one or more layers, found {_shown(layers)}.")
    read = [_layer(values, f"{path}: layers[{number}]", readable.parent) for number, values in enumerate(layers)]
    if inside:
        for one in read:
            _refuse_outside(one, readable.parent)
    return read


def _refuse_outside(layer: Layer, folder: Path) -> None:
    """InputError unless a layer is a file in the folder."""
    real = Path(os.path.realpath(layer.layer))
    if not real.is_relative_to(os.path.realpath(folder)) or not real.is_file():
        raise layer.refused("layer", f"{os.path.relpath(layer.layer, folder)} is not in the .zip; pack it too.")


def _layer(values: Any, where: str, folder: Path) -> Layer:
    if not isinstance(values, dict):
        raise InputError(f"{where}: expected a layer with any of {', '.join(KEYS)}, found {_shown(values)}.")
    for key in values:
        if key not in KEYS:
            raise InputError(f"{where}: {key!r} is no key of a layer; these are: {', '.join(KEYS)}.")
    if "layer" not in values:
        raise InputError(f"{where}: layer is missing, the name of a picture or film.")
    known = {}
    for key, value in values.items():
        try:
            known[key] = _checked(key, value)
        except ValueError as error:
            raise InputError(f"{where}.{key} is {_shown(value)}: {error}") from None
    layer = Layer(**known, where=where)
    return replace(layer, layer=folder / layer.layer)


def write_preset(path: Path, layers: list[Layer]) -> None:
    """Write layers as a preset, with paths relative to its folder. UsageError if it cannot be written."""
    content = {"layers": [_plain(layer, path.parent) for layer in layers]}
    try:
        with atomic_file(path) as hidden:
            hidden.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--edit-save {path}: cannot be written ({error.strerror or error}).") from error


def refuse_to_replace(path: Path) -> None:
    """UsageError for a preset path that exists, or does not end in .json."""
    if path.suffix.lower() != ".json":
        raise UsageError(f"--edit-save {path}: a preset's name ends in .json.")
    if path.exists():
        raise UsageError(f"--edit-save {path}: is there already; choose another name, or remove it.")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--edit-save {path}: there is no folder {path.parent}; make it first.")


def _plain(layer: Layer, folder: Path) -> dict[str, Any]:
    file = layer.layer.absolute()
    try:
        name = Path(os.path.relpath(file, folder.absolute())).as_posix()
    except ValueError:  # on another drive
        name = file.as_posix()
    return {"layer": name} | {key: getattr(layer, key) for key in KEYS if key != "layer"}


def _shown(value: Any) -> str:
    """A value as JSON, shortened."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _checked(key: str, value: Any) -> Any:
    return _CHECKS[key](value)


def _file(value: Any) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("expected the name of a picture or film.")
    return Path(value)


def _place(value: Any) -> tuple[float, float] | str:
    expected = f"expected x,y from -1 to 1 or one of {', '.join(ANCHORS)}."
    if isinstance(value, str):
        if value in ANCHORS:
            return value
        value = value.split(",")
    try:
        x, y = (float(number) for number in value if not isinstance(number, bool))
    except (TypeError, ValueError):
        raise ValueError(expected) from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(expected)
    return x, y


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"expected a number from {low:g} to {high:g}.")
    return float(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false.")
    return value


def _blend(value: Any) -> str:
    if not isinstance(value, str) or value not in BLENDS:
        raise ValueError(f"expected one of {', '.join(BLENDS)}.")
    return value


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "layer": _file,
    "at": _place,
    "scale": partial(_number, low=0.001, high=10),
    "rotate": partial(_number, low=-360, high=360),
    "opacity": partial(_number, low=0, high=1),
    "flip": _yes_or_no,
    "blend": _blend,
}

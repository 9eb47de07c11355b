"""Manifests: everything that a film was made from, in a JSON file beside it, so that it can be made again."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import InputError
from x2face_core.files.descriptions import BROKEN_JSON, described
from x2face_core.files.placing import readable_file
from x2face_core.files.storing import write_text
from x2face_plugins.desk import DriverDesk, OverlayDesk
from x2face_plugins.planning import Plan
from x2face_plugins.provenance import HashedInput, settings_of
from x2face_plugins.settings import read_settings, word

if TYPE_CHECKING:
    from x2face_core.model import X2Face
    from x2face_plugins.choosing import Choice

FORMAT = 1
_LIBRARIES = ("x2face", "torch", "numpy", "scipy", "av", "pillow", "dlib-bin")
NOT_AGAIN = ("output", "overwrite", "manifest", "record", "strict_plugins", "c2pa_certificate", "c2pa_key")
"""Options of a run that do not determine its frames."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The content of a manifest.

    folder: that relative paths of the options are relative to
    options: keywords of x2face.run that make the film, without those that say where it goes
    output: path, frames, fps, and sha256 of the frames; inputs: role, path and sha256 of each file that was read
    boxes: of the sources' crops and the driving crop, x, y, width, height in pixels
    drivers: of each name, dist, version, kind, rms and all settings; live: one of them cannot be read again
    weights: name, fingerprint and sha256; mappings: sha256 of each that was used, by name
    machine: engine, device, dtype, threads and platform; versions: of Python and the libraries
    """

    format: int
    generator: str
    folder: str
    options: dict[str, Any]
    output: dict[str, Any]
    inputs: list[dict[str, Any]]
    boxes: dict[str, Any]
    drivers: list[dict[str, Any]]
    weights: dict[str, Any]
    mappings: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, Any] = field(default_factory=dict)
    live: bool = False

    def write(self, path: Path, *, overwrite: bool = True) -> None:
        """Write it atomically as JSON. UsageError if that fails, or for an existing file without `overwrite`."""
        content = asdict(self)
        text = json.dumps(content, indent=2, ensure_ascii=False)
        if not _is_utf8(text):  # a file's name in another encoding
            text = json.dumps(content, indent=2)
        write_text(path, f"{text}\n", overwrite=overwrite)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. InputError if it is missing, broken, or of a newer format."""
    readable_file(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and isinstance(content.get("format"), int) and content["format"] > FORMAT:
            raise ValueError(f"format {content['format']} is of a newer x2face; this one reads {FORMAT}")
        manifest = described(Manifest, content)
        _check_entries(manifest)
    except (OSError, UnicodeDecodeError, *BROKEN_JSON) as error:
        raise InputError(f"{path}: is no manifest ({error}); `x2face run --manifest` writes one.") from None
    return manifest


def _check_entries(manifest: Manifest) -> None:
    """ValueError where an entry lacks what a rerun needs."""
    for one in manifest.inputs:
        if not all(isinstance(one.get(key), str) for key in ("role", "path", "sha256")):
            raise ValueError("an entry of inputs has no role, path or sha256")
    if not isinstance(manifest.output.get("frames_sha256"), str) or not isinstance(manifest.output.get("path"), str):
        raise ValueError("output has no path or frames_sha256")
    if not all(isinstance(manifest.weights.get(key), str) for key in ("name", "sha256")):
        raise ValueError("weights has no name or sha256")


def manifest_path(output: Path) -> Path:
    """out.mp4.json for out.mp4, frames.json for the folder frames/."""
    return output.with_name(f"{output.name}.json")


def manifest_of(
    plan: Plan,
    report: Mapping[str, Any],
    inputs: list[HashedInput],
    *,
    model: X2Face,
    frames_sha256: str,
    mappings: Mapping[str, str],
    threads: int,
    live: bool,
) -> Manifest:
    """The manifest of a film.

    report: as of x2face.run; mappings: checksum by name; threads: of torch while frames were rendered
    """
    own = version_or_none("x2face")
    return Manifest(
        format=FORMAT,
        generator=f"x2face {own}",
        folder=str(Path.cwd()),
        options=words_of(plan),
        output={key: report[key] for key in ("frames", "fps")}
        | {"path": f"{plan.output}{'/' if plan.output.folder else ''}", "frames_sha256": frames_sha256},
        inputs=[{"role": one.role, "path": str(one.path), "sha256": one.sha256} for one in inputs],
        boxes={"sources": report["source_boxes"], "driving": report["driving_box"]},
        drivers=[
            {**row, "settings": _all_settings(choice)}
            for row, choice in zip(report["drivers"], plan.choices, strict=True)
        ],
        weights={"name": model.name, "fingerprint": model.fingerprint, "sha256": model.info.sha256},
        mappings=dict(mappings),
        machine=machine(report["engine"], report["device"], report["dtype"], threads),
        versions=versions(),
        live=live,
    )


def machine(engine: str, device: str, dtype: str, threads: int) -> dict[str, Any]:
    """What computed the frames, as noted in a manifest."""
    return {"engine": engine, "device": device, "dtype": dtype, "threads": threads, "platform": platform.platform()}


def versions() -> dict[str, Any]:
    """Of Python and of the libraries that frames depend on; None where one is not installed."""
    return {"python": sys.version.split()[0], **{name: version_or_none(name) for name in _LIBRARIES}}


def version_or_none(name: str) -> str | None:
    """The version of an installed distribution; None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def words_of(plan: Plan) -> dict[str, Any]:
    """Keywords of x2face.run for a plan: options that differ from their defaults, and the drivers' own."""
    from x2face_plugins.run_options import options_given

    own = options_given(settings_of(plan.options))
    words = {name: plain(value) for name, value in own.items() if name not in NOT_AGAIN}
    named = [choice for choice in plan.choices if not choice.by_default]
    words["driver"] = [choice.path or choice.name for choice in named]
    for choice in named:
        for field_name, value in _given(choice).items():
            key = choice.offer.name if field_name == "input" else f"{choice.offer.name}_{field_name}"
            words[key] = plain(value)
    return words


def _given(choice: Choice) -> dict[str, Any]:
    """Values that differ from their defaults, of a driver's settings and of its desk; without files that it writes."""
    spec, desk = choice.offer.spec, choice.shaping
    defaults = {one.name: one.default for one in read_settings(spec.settings) if not one.writes}
    values = {name: value for name, value in settings_of(choice.settings).items() if value != defaults.get(name, value)}
    for kind in (DriverDesk, OverlayDesk):
        for one in read_settings(kind):
            if getattr(desk, one.name) != one.default:
                values[one.name] = getattr(desk, one.name)
    return values


def _all_settings(choice: Choice) -> dict[str, Any]:
    return {name: plain(value) for name, value in (settings_of(choice.settings) | asdict(choice.shaping)).items()}


def plain(value: Any) -> Any:
    """A setting's value for JSON."""
    if isinstance(value, Enum):
        return word(value)
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def _is_utf8(text: str) -> bool:
    """Whether a text can be encoded; not so with surrogates, by which Python keeps bytes of names."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

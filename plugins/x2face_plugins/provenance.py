"""The origin of a planned film: hashes of its inputs, weights and drivers, for its metadata and manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.files.checksums import file_checksum, folder_checksum
from x2face_core.files.faults import reading
from x2face_core.media.kinds import PICTURE_SUFFIXES
from x2face_core.rendering.outputs import named_files
from x2face_plugins.planning import Plan

if TYPE_CHECKING:
    from x2face_core.model import X2Face
    from x2face_core.rendering.provenance import Provenance

_OWN = ("source", "embedded", "sound", "mapping")
"""Options of a run that may name files to read."""


@dataclass(frozen=True)
class HashedInput:
    """A file or folder that a run reads.

    role: its option without dashes, such as source or pose-file; path: as the user wrote it
    """

    role: str
    path: Path
    sha256: str


def hash_inputs(plan: Plan) -> list[HashedInput]:
    """All files and folders that options of a run name, in their order. InputError if one cannot be read."""
    return [HashedInput(role, path, input_checksum(path)) for role, path in _named(plan) if _is_readable(path)]


def input_checksum(path: Path) -> str:
    """sha256 of a file; of a folder, over the names and contents of its pictures, or of all its files if it has none.

    InputError if it cannot be read.
    """
    if not path.is_dir():
        return file_checksum(path)
    with reading(path):
        files = [file for file in path.iterdir() if file.name[0] != "." and file.is_file()]
    pictures = [file for file in files if file.suffix.lower() in PICTURE_SUFFIXES]
    return folder_checksum(pictures or files)


def _is_readable(path: Path) -> bool:
    """False for pipes and devices, which would be waited for."""
    return path.is_file() or path.is_dir()


def _named(plan: Plan) -> Iterator[tuple[str, Path]]:
    for name in _OWN:
        for path in named_files(getattr(plan.options, name)):
            yield name, path
    for choice in plan.choices:
        if choice.path is not None:
            yield "driver", Path(choice.path)
        for name, value in settings_of(choice.settings).items():
            role = choice.offer.name if name == "input" else f"{choice.offer.name}-{name.replace('_', '-')}"
            for path in named_files(value):
                yield role, path


def settings_of(settings: Any) -> dict[str, Any]:
    """The fields of a settings dataclass by name."""
    return {field.name: getattr(settings, field.name) for field in fields(settings) if field.init}


def provenance_of(plan: Plan, model: X2Face, inputs: list[HashedInput]) -> Provenance:
    """What the film's metadata says."""
    from x2face_core.rendering.provenance import InputHash, Provenance

    return Provenance(
        weights=(model.name, model.fingerprint),
        inputs=[InputHash(one.role, one.sha256) for one in inputs],
        drivers=[(choice.offer.name, choice.offer.dist, choice.offer.version) for choice in plan.choices],
        composite=plan.options.paste_back or plan.options.keeps_motion,
    )

"""All checks of one input, a picture or a film."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from x2face_core.errors import UsageError
from x2face_core.media.boxes import Box
from x2face_core.media.clips import kind_of, open_clip
from x2face_core.sources.portraits import Cropping, Portrait
from x2face_core.sources.source import Model
from x2face_core.suitability.films import of_film
from x2face_core.suitability.findings import Finding
from x2face_core.suitability.sources import of_portrait


@dataclass(frozen=True, eq=False)
class Checked:
    """An input and the findings about it.

    kind: picture or film; size: width and height in pixels; box: its crop; faces: number of faces in it
    portrait: of a picture, for the comparison with others; None for a film
    """

    name: str
    kind: str
    size: tuple[int, int]
    box: Box
    faces: int
    findings: list[Finding]
    portrait: Portrait | None = field(default=None, repr=False)


def check_input(path: Path, cropping: Cropping, model: Model, seconds: float | None = None) -> Checked:
    """Check a picture or a film. Raises InputError and NoFaceError; UsageError for a camera or a folder.

    seconds: of a film, from its start, that are looked at; None: all
    """
    kind = kind_of(str(path))
    if kind in ("camera", "folder"):
        raise UsageError(f"{path}: is a {kind}; name pictures and films.")
    return _film(path, cropping, model, seconds) if kind == "film" else _picture(path, cropping, model)


def _picture(path: Path, cropping: Cropping, model: Model) -> Checked:
    portrait = cropping.portrait(path)
    size, findings = portrait.size or (0, 0), of_portrait(portrait, cropping, model)
    return Checked(str(path), "picture", size, portrait.box, portrait.seen[0], findings, portrait)


def _film(path: Path, cropping: Cropping, model: Model, seconds: float | None) -> Checked:
    clip = open_clip(str(path), "film", cropping.where, cropping.scale, face=cropping.face, seconds=seconds)
    findings = of_film(clip, cropping.scale, model)
    return Checked(str(path), "film", clip.size, clip.box, 1 + len(clip.others), findings)

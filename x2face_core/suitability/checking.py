"""All that can be said of one input: a picture, or a film."""

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
    """An input and what was found of it.

    kind: picture or film; size: width and height; box: where it is cropped; faces: how many there are
    portrait: of a picture, to be compared with others
    """

    name: str
    kind: str
    size: tuple[int, int]
    box: Box
    faces: int
    findings: list[Finding]
    portrait: Portrait | None = field(default=None, repr=False)


def check_input(path: Path, cropping: Cropping, model: Model) -> Checked:
    """Look at a picture or a film. InputError, NoFaceError; UsageError for a camera or a folder."""
    kind = kind_of(str(path))
    if kind in ("camera", "folder"):
        raise UsageError(f"{path}: is a {kind}; name pictures and films.")
    return _film(path, cropping, model) if kind == "film" else _picture(path, cropping, model)


def _picture(path: Path, cropping: Cropping, model: Model) -> Checked:
    portrait = cropping.portrait(path)
    size, findings = portrait.size or (0, 0), of_portrait(portrait, cropping, model)
    return Checked(str(path), "picture", size, portrait.box, portrait.seen[0], findings, portrait)


def _film(path: Path, cropping: Cropping, model: Model) -> Checked:
    clip = open_clip(str(path), "film", cropping.where, cropping.scale, face=cropping.face)
    findings = of_film(clip, cropping.scale, model)
    return Checked(str(path), "film", clip.size, clip.box, 1 + len(clip.others), findings)

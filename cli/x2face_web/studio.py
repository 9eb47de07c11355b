"""The studio without its page: faces are loaded, painted on, moved by hand and driven, for any number of visits."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from torch.nn import functional as F

from x2face_core.driving import EmbeddedFace
from x2face_core.errors import UsageError, X2FaceError
from x2face_core.sources.embedded import Repainted
from x2face_core.streaming.active import ActiveOverlay
from x2face_core.suitability.checking import Checked, check_input
from x2face_core.suitability.same_person import same_person
from x2face_plugins.run_options import RunOptions
from x2face_web.canvas import merged, save_paint
from x2face_web.panels import Panel, panels
from x2face_web.sliders import Slider, offset_of, sliders
from x2face_web.surroundings import Surroundings
from x2face_web.turns import Turns

if TYPE_CHECKING:
    from x2face_core.sources.portraits import Cropping
    from x2face_core.suitability.findings import Finding
    from x2face_plugins.session import Session
    from x2face_web.limits import StudioOptions
    from x2face_web.visits import Visit

_QUALITY = 90
Used = Sequence[tuple[Panel, Mapping[str, Any]]]
"""Panels in use, each with its settings by field."""


@dataclass(frozen=True, eq=False)
class Studio:
    """What all visits share: weights and plugins, loaded once, and the controls made from them."""

    session: Session
    options: StudioOptions
    turns: Turns
    panels: list[Panel] = field(default_factory=list)
    sliders: list[Slider] = field(default_factory=list)

    @classmethod
    def of(cls, session: Session, options: StudioOptions) -> Studio:
        return cls(session, options, Turns(options.max_waiting), panels(session.registry), sliders(session))

    def load(
        self, visit: Visit, paths: Sequence[Path], framing: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        """Find, crop and embed the face of a visit. Raises X2FaceErrors.

        options: as of Session.face; framing: further ones of a run, which say what films show
        """
        if not paths:
            raise UsageError("No picture is chosen; upload one, or take one with the camera.")
        visit.face, visit.sources, visit.paint, visit.offset = None, tuple(paths), None, None
        visit.face = self.session.face(*paths, **options)
        self.frame(visit, RunOptions(source=visit.sources, **options, **(framing or {})))

    def frame(self, visit: Visit, options: RunOptions) -> None:
        """Have the preview show what films by these options show; what is painted has to be put on it anew."""
        face = visit.loaded()
        visit.surroundings = Surroundings.of(face.portraits, options)
        visit.small = visit.painted = _small(face.embedded, visit.surroundings.side)

    def check(self, paths: Sequence[Path], cropping: Cropping) -> list[tuple[str, list[Finding] | X2FaceError]]:
        """What `x2face check` finds about pictures and films: name, and findings or what makes it unusable."""
        found: list[tuple[str, list[Finding] | X2FaceError]] = []
        checked: list[Checked] = []
        for path in paths:
            try:
                one = check_input(path, cropping, self.session.model)
            except X2FaceError as error:
                found.append((path.name, error))
            else:
                checked.append(one)
                found.append((path.name, one.findings))
        pictures = [one.portrait for one in checked if one.portrait is not None]
        likeness = same_person(pictures, self.session.model)
        return found if likeness is None else [*found, ("together", [likeness])]

    def paint(self, visit: Visit, layers: Sequence[Any]) -> None:
        """Take what is painted on the canvas, layers (h, w, 4) uint8. InputError for those that do not fit the face."""
        visit.loaded()
        picture = merged(layers)
        visit.paint = None if picture is None else save_paint(picture, visit.folder)

    def overlay(self, visit: Visit, used: Used) -> None:
        """Put paint and overlays on the face of the preview. Raises X2FaceErrors of overlays."""
        visit.loaded()
        face = visit.small
        if face is not None and visit.paint is not None:
            face = Repainted(visit.paint, self.session.model.fingerprint).edit(face, 0.0)
        visit.painted = face
        for panel, settings in used:
            if panel.is_overlay and visit.painted is not None:
                one = self.session.driver(panel.name, **{k: v for k, v in settings.items() if k not in _WINDOW})
                if isinstance(one, ActiveOverlay):
                    visit.painted = one.on(visit.painted, 0.0)

    def preview(self, visit: Visit, moved: Mapping[Slider, float]) -> bytes:
        """The face as the sliders ask for it, within what films show, as a JPEG. Nothing is encoded or embedded."""
        face = visit.loaded()
        visit.offset = offset_of(self.session, face.vector, moved) if any(moved.values()) else None
        vector = face.vector if visit.offset is None else face.vector + visit.offset
        picture = self.session.render(visit.painted or face.embedded, vector[None])[0]
        return jpeg(visit.surroundings.on(picture))


_WINDOW = ("start", "stop")  # the preview shows overlays whenever they appear


def _small(face: EmbeddedFace, side: int) -> EmbeddedFace:
    if face.texture.shape[-1] == side:
        return face
    texture = F.interpolate(face.texture[None], size=(side, side), mode="bilinear", antialias=True, align_corners=False)
    return replace(face, texture=texture[0])


def jpeg(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """A picture (h, w, 3) as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()

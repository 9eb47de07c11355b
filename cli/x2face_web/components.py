"""The components of the page that handlers read and write, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from x2face_web.sliders import Slider
from x2face_web.widgets import Component, DriverWidgets, Widget

FRAMING = ("crop_shows", "paste_back", "source_motion")
"""Options of a film that determine what it shows of the source's picture."""


@dataclass(frozen=True, eq=False)
class Page:
    """The components of the page.

    sources, camera: of the face; source_options, film_options: options of a run
    advice: findings about sources; canvas, marks, canvas_status: painting
    sliders: components by slider; hold: whether they go into the film
    preview, preview_status; drivers; make, cancel, progress, result, command: of the film
    """

    sources: Component
    camera: Component
    source_options: tuple[Widget, ...]
    advice: Component
    canvas: Component
    marks: Component
    canvas_status: Component
    sliders: Mapping[Slider, Component]
    hold: Component
    preview: Component
    preview_status: Component
    drivers: tuple[DriverWidgets, ...]
    film_options: tuple[Widget, ...]
    make: Component
    cancel: Component
    progress: Component
    result: Component
    command: Component

    @property
    def of_source(self) -> set[Component]:
        return {self.sources, self.camera, *(part for one in self.source_options for part in one.components)}

    @property
    def of_film(self) -> set[Component]:
        """All that a film depends on."""
        options = {part for one in self.film_options for part in one.components}
        return self.of_source | options | self.of_drivers | {self.hold}

    @property
    def of_framing(self) -> set[Component]:
        """What a film shows of the source's picture depends on these."""
        return {part for one in self.framing for part in one.components}

    @property
    def framing(self) -> tuple[Widget, ...]:
        return tuple(one for one in self.film_options if one.control.setting.name in FRAMING)

    @property
    def of_drivers(self) -> set[Component]:
        return {part for one in self.drivers for part in one.components}

    @property
    def of_overlays(self) -> set[Component]:
        return {part for one in self.drivers if one.panel.is_overlay for part in one.components}

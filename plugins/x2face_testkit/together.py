"""Checks of a driver in combination with others, and of the whole pipeline."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from x2face_core.driving import Chunk, Source
from x2face_core.rendering.pipeline import animate_source
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose
from x2face_core.streaming.vectors import Vectors
from x2face_plugins.activating import load_driver
from x2face_plugins.specs import DriverSpec
from x2face_testkit.declaring import demo_of
from x2face_testkit.promising import broken
from x2face_testkit.tiny import TinySource

SECONDS = 0.4  # length of the composed films
NEAR = 1e-2  # of a factor's unit, or of its value if that is larger: tolerance for a factor that is kept


class Sway:
    """An endless oscillation along one direction of the vector, ten rows a second."""

    relative = endless = True

    def drive(self, source: Source) -> Iterator[Chunk]:
        for k in count():
            yield Chunk(torch.full((1, len(source.vector)), 0.1 * math.sin(k / 3)), 10.0)


class Fixed:
    """Endlessly the same driving vector, which is not the source's."""

    relative, endless = False, True

    def drive(self, source: Source) -> Iterator[Chunk]:
        for _ in count():
            yield Chunk(torch.ones(1, len(source.vector)), 25.0)


def active(spec: DriverSpec, settings: Any, source: TinySource) -> ActiveDriver:
    """Load the driver as a run does."""
    return load_driver(source.registry.offer_of(spec), settings)


def rows_of(drivers: Sequence[ActiveDriver], source: TinySource) -> Vectors:
    """(n, 128): the composed vectors of drivers; two rows if one of them is live."""
    composed = compose(drivers, source, seconds=SECONDS)
    limit = 2 if any(driver.live for driver in drivers) else None
    return np.array([row.vector for row in islice(composed.rows, limit)])


def goes_with_others(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """It can be composed with an endless driver of another rate, and if relative with an absolute one."""
    settings = demo_of(spec, folder)
    others = [ActiveDriver.of(Sway())]
    if active(spec, settings, source).relative:
        others.append(ActiveDriver.of(Fixed()))
    for some in (others[:1], others):
        rows = rows_of([active(spec, settings, source), *some], source)
        if not len(rows) or not np.isfinite(rows).all():
            names = " and ".join(driver.name for driver in some)
            broken(f"beside {names} there are {len(rows)} rows, or numbers that are not finite")
    return None


def holds_what_it_says(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """The factors that it declares to hold exist, and read the same in every row as in the source."""
    driver = active(spec, demo_of(spec, folder), source)
    if not driver.holds:
        return "it holds nothing"
    rows = torch.from_numpy(rows_of([driver], source)).float()
    for name in driver.holds:
        factor = source.factor(name)
        moved = (factor.read(rows) - (resting := factor.read(source.vector[None].float()))).abs()
        if (moved > NEAR * resting.abs().clamp(min=1)).any():
            broken(f"{name} moves by up to {float(moved.max()):.2g} though it is held")
    return None


def makes_a_film(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """The networks render its vectors to frames."""
    driver, seen = active(spec, demo_of(spec, folder), source), replace(source, pictures_wanted=True)
    animation = animate_source(seen, [driver], seconds=SECONDS)
    frames = list(islice(animation, 2))
    if not frames or any(frame.picture.shape != (source.side, source.side, 3) for frame in frames):
        broken(f"{len(frames)} frames came out of it")
    return None

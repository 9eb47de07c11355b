"""What a driver promises beside others, and as far as the film."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from x2face_core.driving import Chunk, Factor, Source
from x2face_core.rendering.pipeline import animate
from x2face_core.streaming.composing import Part, compose
from x2face_core.streaming.vectors import Vectors
from x2face_plugins.specs import DriverSpec
from x2face_testkit.declaring import demo_of
from x2face_testkit.promising import broken
from x2face_testkit.tiny import TinySource

SECONDS = 0.4  # of a composed film
NEAR = 1e-2  # of a factor's unit, or of its value where that is large: nearer than this, it was held


class Sway:
    """For ever to and fro along one direction of the vector, ten rows a second."""

    relative = endless = True

    def drive(self, source: Source) -> Iterator[Chunk]:
        for k in count():
            yield Chunk(torch.full((1, len(source.vector)), 0.1 * math.sin(k / 3)), 10.0)


class Fixed:
    """For ever the same vector, not the source's."""

    relative, endless = False, True

    def drive(self, source: Source) -> Iterator[Chunk]:
        for _ in count():
            yield Chunk(torch.ones(1, len(source.vector)), 25.0)


def part_of(spec: DriverSpec, settings: Any) -> Part:
    declared = {name: getattr(spec, name) for name in ("relative", "endless", "live", "holds")}
    return Part.of(spec.name, spec.load(settings), **declared)


def rows_of(parts: Sequence[Part], source: TinySource) -> Vectors:
    """(n, 128): what the parts make together; two rows where one of them is live."""
    composed = compose(parts, source, seconds=SECONDS)
    limit = 2 if any(part.live for part in parts) else None
    return np.array([row.vector for row in islice(composed.rows, limit)])


def goes_with_others(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """With an endless driver of another rate beside it there is a film, and an absolute one where it yields offsets."""
    settings = demo_of(spec, folder)
    parts = [part_of(spec, settings), Part.of("sway", Sway())]
    if parts[0].relative:
        parts.append(Part.of("fixed", Fixed()))
    for some in (parts[:2], parts):
        rows = rows_of([part_of(spec, settings), *some[1:]], source)
        if not len(rows) or not np.isfinite(rows).all():
            names = " and ".join(part.name for part in some[1:])
            broken(f"beside {names} there are {len(rows)} rows, or numbers that are not finite")
    return None


def holds_what_it_says(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """What it says that it holds is a factor, and reads the same in every row as in the source."""
    part = part_of(spec, demo_of(spec, folder))
    if not part.holds:
        return "it holds nothing"
    rows = torch.from_numpy(rows_of([part], source)).float()
    for name in part.holds:
        factor = source.mapping(name)
        if not isinstance(factor, Factor):
            broken(f"{name} can be written but not read, so it cannot be held")
        moved = (factor.read(rows) - (still := factor.read(source.vector[None].float()))).abs()
        if (moved > NEAR * still.abs().clamp(min=1)).any():
            broken(f"{name} moves by up to {float(moved.max()):.2g} though it is held")
    return None


def makes_a_film(spec: DriverSpec, source: TinySource, folder: Path) -> str | None:
    """The networks make frames of what it yields."""
    more: dict[str, Any] = {"load_mapping": source.load_mapping, "load_driver": source.load_driver}
    parts = [part_of(spec, demo_of(spec, folder))]
    animation = animate(source.model, source.pictures, parts, seconds=SECONDS, pictures_wanted=True, **more)
    frames = list(islice(animation, 2))
    if not frames or any(frame.picture.shape != (source.side, source.side, 3) for frame in frames):
        broken(f"{len(frames)} frames came out of it")
    return None

"""Examples of films beside other methods (Fig. 4, 5, 12), by number of sources (11), and painted (13, 14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from x2face_core.data.preparing.tracks import FPS
from x2face_core.media.pictures import Picture
from x2face_core.model import X2Face
from x2face_core.pixels import to_pictures
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveOverlay
from x2face_lab.comparison.methods import Method, transferred
from x2face_lab.comparison.takes import Take
from x2face_lab.figures.moments import unlike
from x2face_lab.figures.motion import choose
from x2face_lab.figures.strips import Example, Given, Strip
from x2face_lab.figures.subjects import laid_out, painted, portrait, rendered

MANY = 3
"""Sources of the rows M of Fig. 11."""


def _listed(pictures: Tensor) -> list[Picture]:
    return list(to_pictures(pictures))


def _times(rows: Sequence[int], fps: float) -> list[str]:
    return [f"{row / fps:.2f} s" for row in rows]


def moments(take: Take, model: X2Face, count: int) -> list[int]:
    """Driving frames to show: the widest turns to either side, and those that differ most from the ones chosen."""
    return choose(ModelSource.of(model, take.source[None]), take.vectors, count)[0]


def some_of(take: Take, rows: Sequence[int]) -> Take:
    """The take's frame at rest, as the first, and the given driving frames."""
    kept = [take.rest, *rows]
    marks = None if take.marks is None else take.marks[kept]
    return replace(take, driving=take.driving[kept], vectors=take.vectors[kept], marks=marks, rest=0)


def compared(take: Take, methods: Sequence[Method], model: X2Face, count: int, fps: float = FPS) -> Example:
    """The source; rows of each method, and the driving frames below (Fig. 4, 5 and 12)."""
    rows = moments(take, model, count)
    shown = some_of(take, rows)
    strips = [Strip(_broken(method.label), _listed(method.frames(shown)[1:])) for method in methods]
    driving = Strip("driven by", _listed(shown.driving[1:]))
    return Example([[Given("source", _listed(take.source[None]))]], [*strips, driving], _times(rows, fps))


def _broken(label: str) -> str:
    return label.replace(" + ", "\n+ ").replace(", ", ",\n")


@torch.inference_mode()
def by_sources(film: Tensor, models: Mapping[str, X2Face], count: int, fps: float = FPS) -> Example:
    """A film driven by itself, from one source (S) and from several (M), by each of the models (Fig. 11).

    film: (n, 3, h, w) in [0, 1]; models: by label, such as "stage I"; embedded faces are those of the first
    """
    first = next(iter(models.values()))
    vectors = {
        label: torch.cat([model.encode(part) for part in torch.split(film, 16)]) for label, model in models.items()
    }
    take = Take(film[0], film, next(iter(vectors.values())), 0, ("", ""))
    rows = [row for row in moments(take, first, count + 1) if row][:count] or [len(film) - 1]
    several = film[unlike(take.vectors.double().numpy(), [0], MANY)]
    strips = []
    for name, pictures in (("S", film[:1]), ("M", several)):
        for label, model in models.items():
            made = model.render(model.embed(pictures), vectors[label][rows])
            l1 = float((made - film[rows]).abs().mean())
            strips.append(Strip(f"{label}, {name}\nL1 {l1:.4f}", _listed(made)))
    true = Strip("true, and\ndriven by", _listed(film[rows]))
    given = [
        [Given("source (S)", _listed(film[:1])), Given("embedded", [laid_out(first.embed(film[:1]))])],
        [Given("sources (M)", _listed(several)), Given("embedded", [laid_out(first.embed(several))])],
    ]
    return Example(given, [*strips, true], _times(rows, fps))


@dataclass(frozen=True, eq=False)
class Painted:
    """Somebody whose embedded face is painted. sources: the pictures that it is made of"""

    subject: ModelSource
    overlays: Sequence[ActiveOverlay]

    def example(self, take: Take, count: int, fps: float = FPS) -> Example:
        """Sources and painted embedded face; the result above the driving frames (Fig. 13 and 14)."""
        vectors = transferred(take, self.subject)
        rows = choose(self.subject, vectors, count)[0]
        face = painted(self.subject.face, self.overlays)
        frames = Strip("result", rendered(self.subject, vectors[rows], face))
        driving = Strip("driven by", _listed(take.driving[rows]))
        sources = _listed(self.subject.pictures) or [portrait(self.subject)]
        given = [Given("sources" if len(sources) > 1 else "source", sources), Given("painted", [laid_out(face)])]
        return Example([given], [frames, driving], _times(rows, fps))

"""The mappings `mouth` and `eyes`, which read and write driving vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_expression.fitting import Fit, Pair, Table, fit_factor
from x2face_expression.settings import EYES, MEASURES, MOUTH
from x2face_plugins import FilmEncoder
from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.showing import Numbers, Sweep, faces_of, measure_shown, read_by_mesh


@dataclass(frozen=True)
class FactorKind:
    """The measures of a factor.

    labels: of its k numbers
    basis: (k, k) matrix from these numbers to those that are fitted, such as both lids and their difference
    names: of the fitted numbers
    others: groups of settings.MEASURES; writing does not change the mean of each group, if vectors encode it
    spans: least and largest change of each of its numbers over which frames are measured
    sweeps: indices of the numbers that are measured together, such as both lids
    seen: its numbers, of a face that the mesh has measured
    hidden, hiding: rows of the basis, see fit_factor
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    basis: tuple[tuple[float, ...], ...]
    others: tuple[tuple[str, ...], ...]
    spans: tuple[tuple[float, float], ...]
    sweeps: tuple[tuple[int, ...], ...]
    seen: Numbers
    hidden: tuple[int, ...] = ()
    hiding: tuple[int, ...] = ()


_HEAD = tuple((name,) for name in ("roll", "pitch", "yaw", "place_x", "place_y", "size", "brows"))
MOUTH_KIND = FactorKind(
    MOUTH,
    names=MOUTH,
    basis=((1, 0), (0, 1)),
    others=(*_HEAD, ("eye_left", "eye_right"), ("gaze_x",), ("gaze_y",)),
    spans=((0.0, 0.12), (-0.05, 0.05)),
    sweeps=((0,), (1,)),
    seen=lambda face: face.expression[:2].tolist(),
)
EYES_KIND = FactorKind(
    EYES,
    names=("both lids", "one lid", "gaze_x", "gaze_y"),
    basis=((0.5, 0.5, 0, 0), (1, -1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    others=(*_HEAD, ("mouth_open",), ("mouth_width",)),
    spans=((-0.2, 0.04), (-0.2, 0.04), (-0.1, 0.1), (-0.06, 0.06)),
    sweeps=((0, 1), (2,), (3,)),
    seen=lambda face: [*face.expression[2:].tolist(), *face.gaze.tolist()],
    hidden=(2, 3),
    hiding=(0, 1),
)


class ExpressionMapping(AffineFactor):
    """An affine factor with read(write(p)) = p."""

    def __init__(self, kind: FactorKind) -> None:
        super().__init__(len(kind.labels), kind.spans)
        self.kind = kind
        self._others: list[Tensor] = []
        self._held: list[tuple[Pair, Tensor]] = []
        self._film: FilmEncoder | None = None
        self._faces: Sequence[Tensor] = ()

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """A pair for each person, and for each data source of photographs.

        folder: labelled face tracks (docs/data.md)
        Other measures of these pictures, held-out people, and faces to render, are stored for `fit`.
        """
        from x2face_expression.gathering import gather  # imported late, as drivers do not need it

        self._others, self._held, self._film, self._faces = [], [], film, faces_of(folder)
        for sample in gather(folder, film):
            own = sample.values[:, [MEASURES.index(name) for name in self.kind.labels]]
            others = _means(sample.values, self.kind.others)
            if sample.held_out:
                self._held.append(((own, sample.vectors), others))
            else:
                self._others.append(others)
                yield own.float(), sample.vectors.float()

    def fit(self, examples: Iterable[Pair]) -> Mapping[str, Any]:
        """Fit to pairs with equal weights. The figures are of held-out people, if there are any."""
        pairs = list(examples)
        basis = torch.tensor(self.kind.basis, dtype=torch.float64)
        others = self._others if len(self._others) == len(pairs) else []
        learned = Table.of(_in_basis(basis, pairs, others))
        held_out = Table.of(_in_basis(basis, *zip(*self._held, strict=True))) if self._held else None
        found = fit_factor(learned, held_out, len(basis), self.kind.hidden, self.kind.hiding)
        back = torch.linalg.inv(basis)
        self.reading = Affine(back @ found.reading.weight, back @ found.reading.bias).float()
        self.writing = Affine(found.writing.weight @ basis, found.writing.bias).float()
        return self._figures(pairs, found) | self._measure_shown()

    def _measure_shown(self) -> dict[str, Any]:
        """Measure how much rendered frames show, by the face mesh; without it, what is asked for is written."""
        film, self.shown = self._film, torch.ones(len(self.kind.labels))
        read = read_by_mesh(self.kind.seen, len(self.kind.labels)) if film is not None and self._faces else None
        if film is None or read is None:
            return {"shown": "not measured: that takes tracks and the extra `landmarks`"}
        sweeps = [Sweep(columns, *self.kind.spans[columns[0]]) for columns in self.kind.sweeps]
        self.shown = measure_shown(self, sweeps, film, self._faces, read)
        return {"shown": [round(one, 2) for one in self.shown.tolist()], "shown by": f"{len(self._faces)} faces"}

    def _figures(self, pairs: Sequence[Pair], found: Fit) -> dict[str, Any]:
        held_out = [pair for pair, _ in self._held]
        judge = Table.of(held_out or pairs)
        rows = f"{len(judge.values)} pictures of {len(held_out)} people held out"
        unknown = [name for name, known in zip(self.kind.names, found.known, strict=True) if not known]
        return {
            "learned from": f"{sum(len(values) for values, _ in pairs)} pictures of {len(pairs)} people and sources",
            "judged by": rows if held_out else "the pictures it learned from",
            "ridge": found.ridge,
            "r2": [round(one, 3) for one in judge.r2(self.reading).tolist()],
        } | ({"vectors do not know": unknown} if unknown else {})


def _means(values: Tensor, groups: Sequence[Sequence[str]]) -> Tensor:
    """(n, g): the mean of each group of measures."""
    return torch.stack([values[:, [MEASURES.index(name) for name in group]].mean(1) for group in groups], dim=1)


def _in_basis(basis: Tensor, pairs: Sequence[Pair], others: Sequence[Tensor]) -> list[Pair]:
    """Pairs with values transformed by the basis, followed by the other measures if there are any."""
    more = chain(others, repeat(None, len(pairs) - len(others)))
    inside = [(values.double() @ basis.T, vectors) for values, vectors in pairs]
    return [
        (values if other is None else torch.cat([values, other], dim=1), vectors)
        for (values, vectors), other in zip(inside, more, strict=True)
    ]

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
from x2face_plugins.mappings.following import Crossing, crossings_of, measure_followed, rounded
from x2face_plugins.mappings.showing import Numbers, Read, Sweep, faces_of, measure_shown, read_by_mesh


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
    slack: of each of its numbers, how far limits are beyond those of the pictures it learned from, as a share of these;
    reading is not exact, and lips are read below 0 when they are pressed
    shut, unseen: `shut` and `hidden` of AffineFactor
    hidden, hiding: rows of the basis, see fit_factor
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    basis: tuple[tuple[float, ...], ...]
    others: tuple[tuple[str, ...], ...]
    spans: tuple[tuple[float, float], ...]
    sweeps: tuple[tuple[int, ...], ...]
    seen: Numbers
    slack: tuple[float, ...]
    shut: tuple[int, ...] = ()
    unseen: tuple[int, ...] = ()
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
    slack=(0.25, 0.25),
)
EYES_KIND = FactorKind(
    EYES,
    names=("both lids", "one lid", "gaze_x", "gaze_y"),
    basis=((0.5, 0.5, 0, 0), (1, -1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)),
    others=(*_HEAD, ("mouth_open",), ("mouth_width",)),
    spans=((-0.2, 0.04), (-0.2, 0.04), (-0.1, 0.1), (-0.06, 0.06)),
    sweeps=((0, 1), (2,), (3,)),
    seen=lambda face: [*face.expression[2:].tolist(), *face.gaze.tolist()],
    slack=(0.0, 0.0, 0.25, 0.25),
    shut=(0, 1),
    unseen=(2, 3),
    hidden=(2, 3),
    hiding=(0, 1),
)


class ExpressionMapping(AffineFactor):
    """An affine factor with read(write(p)) = p."""

    def __init__(self, kind: FactorKind) -> None:
        super().__init__(len(kind.labels), kind.spans, kind.shut, kind.unseen)
        self.kind = kind
        self._others: list[Tensor] = []
        self._held: list[tuple[Pair, Tensor]] = []
        self._film: FilmEncoder | None = None
        self._faces: Sequence[Tensor] = ()
        self._crossings: Sequence[Crossing] = ()

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[Pair]:
        """A pair for each person, and for each data source of photographs.

        folder: labelled face tracks (docs/data.md)
        Other measures of these pictures, held-out people, faces and films to render, are stored for `fit`.
        """
        from x2face_expression.gathering import gather  # imported late, as drivers do not need it

        self._others, self._held, self._film = [], [], film
        self._faces, self._crossings = faces_of(folder), crossings_of(folder)
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
        self.limits = _limits(torch.cat([values for values, _ in pairs]), self.kind.slack)
        return self._figures(pairs, found) | self._measured_in_frames()

    def _measured_in_frames(self) -> dict[str, Any]:
        """Measure how much rendered frames show, by the face mesh; without it, what is asked for is written."""
        k = len(self.kind.labels)
        film, self.shown, self.followed = self._film, torch.ones(k), torch.ones(k)
        read = read_by_mesh(self.kind.seen, k) if film is not None and self._faces else None
        if film is None or read is None:
            return dict.fromkeys(("shown", "followed"), "not measured: that takes tracks and the extra `landmarks`")
        sweeps = [Sweep(columns, *self.kind.spans[columns[0]]) for columns in self.kind.sweeps]
        self.shown = measure_shown(self, sweeps, film, self._faces, read)
        figures = {"shown": rounded(self.shown), "shown by": f"{len(self._faces)} faces"}
        return figures | self._measure_followed(sweeps, film, read)

    def _measure_followed(self, sweeps: Sequence[Sweep], film: FilmEncoder, read: Read) -> dict[str, Any]:
        """Measure how much frames of other people show of a driver's change."""
        if not self._crossings:
            return {"followed": "not measured: that takes two people of the split val"}
        plain, made_up = measure_followed(self, sweeps, film, self._crossings, read)
        return {
            "followed": rounded(self.followed),
            "followed by": f"{len(self._crossings)} people held out",
            "slope across people": rounded(plain.slope),
            "r across people": rounded(plain.r, 3),
            "slope across people, made up for": rounded(made_up.slope),
            "r across people, made up for": rounded(made_up.r, 3),
        }

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


def _limits(values: Tensor, slack: Sequence[float]) -> Tensor:
    """(k, 2): the range of values (n, k) but for every fiftieth at either end, and slack beyond it."""
    low, high = (values.double().quantile(share, dim=0) for share in (0.02, 0.98))
    more = torch.tensor(slack, dtype=torch.float64) * (high - low)
    return torch.stack([low - more, high + more], dim=1).float()


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

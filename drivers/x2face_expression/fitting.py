"""Fitting a factor: reading by ridge regression, writing along the covariance of vectors and measures.

Rows are weighted so that each person counts equally.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from x2face_plugins import InputError
from x2face_plugins.mappings.affine import Affine, inverse

Pair = tuple[Tensor, Tensor]

RIDGES = (1e-4, 1e-3, 1e-2, 1e-1)
"""Candidates, relative to the mean variance of the vectors."""
UNTRIED = 1e-2  # the ridge without held-out people
KNOWN = 0.2  # R² on held-out people from which on a measure counts as encoded in the vectors
_LEAST = 1e-4  # least standard deviation of a measure


@dataclass(frozen=True, eq=False)
class Table:
    """values: (n, m) measures; vectors: (n, 128); weight: (n,), sums to 1."""

    values: Tensor
    vectors: Tensor
    weight: Tensor

    @classmethod
    def of(cls, people: Sequence[Pair]) -> Table:
        """From pairs of values and vectors, one for each person."""
        weight = torch.cat([torch.full((len(values),), 1 / len(values)) for values, _ in people]).double()
        values, vectors = (torch.cat(column).double() for column in zip(*people, strict=True))
        return cls(values, vectors, weight / weight.sum())

    def covariance(self, x: Tensor, y: Tensor) -> Tensor:
        """Weighted covariance (a, b) of columns x (n, a) and y (n, b)."""
        x, y = x - self.weight @ x, y - self.weight @ y
        return x.T @ (y * self.weight[:, None])

    def r2(self, reading: Affine) -> Tensor:
        """(m,) R² of each measure."""
        missed = self.weight @ (self.values - reading(self.vectors)).square()
        return 1 - missed / self.covariance(self.values, self.values).diagonal().clamp_min(1e-12)


@dataclass(frozen=True, eq=False)
class Fit:
    """reading: to k measures; writing: from them; ridge: of the reading; known: (k,) whether vectors encode them"""

    reading: Affine
    writing: Affine
    ridge: float
    known: list[bool] = field(default_factory=list)


def fit_factor(
    learned: Table, held_out: Table | None, k: int, hidden: Sequence[int] = (), hiding: Sequence[int] = ()
) -> Fit:
    """Fit a factor of the first k measures, whose writing does not change the reading of the others.

    held_out: people to choose the ridge, and to decide which measures vectors encode
    hidden: measures with an artefact when others, `hiding`, change: closed lids hide the iris, and its measure drops
    InputError if a measure hardly varies, or the vectors encode none of the k.
    """
    _check(learned.values[:, :k])
    judge = held_out or learned
    strength = UNTRIED if held_out is None else _strength(learned, held_out, k)
    reading = ridge(learned, strength)
    if hidden:
        reading = _freed(reading, learned, judge.r2(reading) >= KNOWN, hidden, hiding)
    known = judge.r2(reading) >= KNOWN
    if not known[:k].any():
        raise InputError("The driving vectors of these weights do not tell these measures: R² is below 0.2 for each.")
    kept = [row for row in range(len(known)) if row < k or known[row]]
    ways = directions(_rows(reading, kept), learned, known[kept])[:, :k]
    own = _rows(reading, range(k))
    about = learned.weight @ learned.vectors - ways @ (learned.weight @ learned.values[:, :k])
    return Fit(own, inverse(own, Affine(ways, about)), strength, known[:k].tolist())


def _check(values: Tensor) -> None:
    deviation = values.std(0) if len(values) > 1 else torch.zeros(values.shape[1])
    if not bool((deviation >= _LEAST).all()):
        raise InputError("A measure hardly differs among these pictures; faces that move are needed to learn from.")


def _strength(learned: Table, held_out: Table, k: int) -> float:
    """The ridge with the best R² on held-out people."""
    scores = {one: float(held_out.r2(ridge(learned, one))[:k].clamp_min(0).mean()) for one in RIDGES}
    return max(scores, key=lambda one: scores[one])


def ridge(table: Table, strength: float) -> Affine:
    """Ridge regression from vectors to measures."""
    gram = table.covariance(table.vectors, table.vectors)
    gram += (strength * gram.diagonal().mean() + 1e-12) * torch.eye(len(gram)).to(gram)
    weight = torch.linalg.solve(gram, table.covariance(table.vectors, table.values)).T
    return Affine(weight, table.weight @ table.values - weight @ (table.weight @ table.vectors))


def directions(reading: Affine, table: Table, known: Tensor) -> Tensor:
    """(128, m) directions: each is read as one unit of its own measure, and as 0 of the others.

    For a known measure it is the covariance of the vectors times the reading weights, for an unknown one the direction
    of least norm, which changes the face least.
    """
    with_it = table.covariance(table.vectors, table.vectors) @ reading.weight.T
    ways = torch.where(known, with_it, reading.weight.T)
    ways = ways / ways.norm(dim=0)
    apart: Tensor = ways @ torch.linalg.inv(reading.weight @ ways)
    return apart


def _freed(reading: Affine, table: Table, known: Tensor, hidden: Sequence[int], hiding: Sequence[int]) -> Affine:
    """Make the reading of hidden measures independent of what is written into the hiding ones."""
    open_rows = [row for row in range(len(known)) if row not in hidden and (known[row] or row in hiding)]
    ways = directions(_rows(reading, open_rows), table, known[open_rows])
    at = [open_rows.index(row) for row in hiding]
    seen = reading.weight[list(hidden)] @ ways[:, at]  # (hidden, hiding)
    weight, bias = reading.weight.clone(), reading.bias.clone()
    weight[list(hidden)] -= seen @ reading.weight[list(hiding)]
    bias[list(hidden)] -= seen @ (reading.bias - table.weight @ table.values)[list(hiding)]
    return Affine(weight, bias)


def _rows(map_: Affine, rows: Sequence[int]) -> Affine:
    return Affine(map_.weight[list(rows)], map_.bias[list(rows)])

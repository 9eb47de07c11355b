"""Fitting a factor's correction: what vectors tell of a driver's numbers, and what frames of others show of offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.driving import FilmEncoder
from x2face_plugins.mappings.affine import AffineFactor
from x2face_plugins.mappings.correcting import Correction, features
from x2face_plugins.mappings.following import LOST, MOVING, Crossing, Followed, encoded, measure_films
from x2face_plugins.mappings.showing import SEEN, Read
from x2face_plugins.mappings.transferring import Transfer

PEOPLE = 120
"""Largest number of people who are learned from."""
RIDGES = (0.03, 0.1)
"""Strength of the ridge of `told` and of `shows`, relative to the mean variance of what they are fitted to."""
_FEWEST = 8  # films to learn from, and frames of a film


@torch.no_grad()
def measure_correction(
    factor: AffineFactor, film: FilmEncoder, learned: Sequence[Crossing], judged: Sequence[Crossing], read: Read
) -> tuple[Followed, Followed] | None:
    """Set the factor's `correction`; returns what frames of people held out show without and with it.

    learned: of people to fit it to; judged: of people held out; read: as of read_by_mesh
    It is None, and so is the result if nothing was fitted, where there are too few films, frames hardly show what is
    written, slopes come no nearer to 1 or correlation with the driver falls.
    """
    factor.correction = None
    fitted = _fit(factor, list(_films(film, learned, read)))
    if fitted is None or not judged:
        return None
    least = torch.tensor([MOVING * (high - low) for low, high in factor.spans])

    def make(own: Tensor, rest: Tensor) -> Transfer:
        return Transfer(own, rest, corrected=factor)

    before = measure_films(make, least, film, judged, read)
    factor.correction = fitted
    after = measure_films(make, least, film, judged, read)
    if not _helps(before, after):
        factor.correction = None
    return before, after


def _helps(before: Followed, after: Followed) -> bool:
    nearer = (after.slope - 1).abs().nanmean() < (before.slope - 1).abs().nanmean()
    return bool(nearer) and float((before.r - after.r).nanmean()) <= LOST


@dataclass(frozen=True, eq=False)
class _Film:
    """One crossing. vectors, offsets: (n, 128) of the driver; moved, seen: (n, k) numbers of driver and frames"""

    vectors: Tensor
    offsets: Tensor
    moved: Tensor
    seen: Tensor


def _films(film: FilmEncoder, crossings: Sequence[Crossing], read: Read) -> Iterator[_Film]:
    for one in crossings:
        driving, picture = one.driving(), one.picture()
        vectors, own, rest = encoded(film, driving, picture)
        offsets = vectors - rest
        yield _Film(vectors, offsets, read(driving), read(film.render(picture, own + offsets)))


def _fit(factor: AffineFactor, films: Sequence[_Film]) -> Correction | None:
    told = _within([(features(factor, one.vectors), one.moved) for one in films])
    shows = _within([(one.offsets, one.seen) for one in films])
    if told is None or shows is None:
        return None
    correction = Correction(_ridge(*told, RIDGES[0]), _ridge(*shows, RIDGES[1]))
    k = len(correction.shows)
    step = factor.write(torch.eye(k)) - factor.write(torch.zeros(1, k))
    shown = (step @ correction.shows.T).diagonal()
    return correction if bool((shown >= SEEN).all()) else None


def _within(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor] | None:
    """Deviations from the mean of each film, x (n, d) and y (n, k), and weights (n,) by which films count alike.

    None if too few films show a face.
    """
    rows = []
    for x, y in pairs:
        there = y.isfinite().all(dim=1)
        if int(there.sum()) >= _FEWEST:
            x, y = x[there].double(), y[there].double()
            rows.append((x - x.mean(0), y - y.mean(0), torch.full((len(x),), 1 / len(x)).double()))
    if len(rows) < _FEWEST:
        return None
    x, y, weight = (torch.cat(column) for column in zip(*rows, strict=True))
    return x, y, weight / weight.sum()


def _ridge(x: Tensor, y: Tensor, weight: Tensor, strength: float) -> Tensor:
    """(k, d) float32 from deviations x (n, d) to y (n, k). The columns beyond 128 have a scale of their own."""
    variance = (weight[:, None] * x.square()).sum(0)
    scale = variance.sqrt().clamp_min(1e-9)
    scale[:128] = variance[:128].mean().sqrt().clamp_min(1e-9)
    x = x / scale
    gram = x.T @ (weight[:, None] * x)
    gram += (strength * gram.diagonal().mean() + 1e-12) * torch.eye(len(gram)).to(gram)
    found: Tensor = torch.linalg.solve(gram, x.T @ (weight[:, None] * y)) / scale[:, None]
    return found.T.float().contiguous()

"""How much of what a factor writes is seen in rendered frames, measured when it is fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import decode
from x2face_core.driving import FilmEncoder
from x2face_core.errors import MissingError
from x2face_core.geometry.mesh import FaceMesh, Measured
from x2face_core.pixels import to_pictures, to_tensor
from x2face_plugins.mappings.affine import AffineFactor, offset_of

STEPS = 5
"""Frames of a sweep."""
FACES = 20
"""Largest number of people whose faces are measured."""
BOUNDS = (0.65, 1.25)
"""Bounds of the shares: writing much more than is asked for would distort the face."""
SEEN = 0.25
"""Share below which a number counts as not shown at all; it is then written as it is asked for."""
FOLDS = 0.15
"""Share of faces that may show less when more is written, as lids do that open again; else it is written as asked."""
_NOISE = 0.05  # of slopes
_SIDE = 256
_SETTLING = 2  # repetitions of the first frame, for the tracking of the mesh to converge

Numbers = Callable[[Measured], Sequence[float]]
"""The factor's numbers (k,) of a face that the mesh has measured."""
Read = Callable[[Tensor], Tensor]
"""Frames (n, 3, h, w) of one sweep to the factor's numbers (n, k), NaN where no face is found."""


@dataclass(frozen=True)
class Sweep:
    """Numbers of a factor that change together. columns: their indices; low, high: least and largest change"""

    columns: tuple[int, ...]
    low: float
    high: float


def faces_of(folder: Path) -> list[Tensor]:
    """The first frame (3, 256, 256) of a clip of up to FACES people of the split train; none if these are no tracks."""
    if not (folder / "clips.csv").is_file():
        return []
    people: dict[str, Clip] = {}
    for clip in FaceFolder(folder).of_split("train"):
        people.setdefault(clip.identity, clip)
    names = sorted(people)
    chosen = [names[k] for k in np.unique(np.linspace(0, len(names) - 1, FACES).round().astype(int))] if names else []
    frames = [decode(people[name].path, np.zeros(1, np.int64), _SIDE) for name in chosen]
    return [to_tensor(frame)[0] for frame in frames if len(frame)]


@torch.no_grad()
def measure_shown(
    factor: AffineFactor, sweeps: Sequence[Sweep], film: FilmEncoder, pictures: Sequence[Tensor], read: Read
) -> Tensor:
    """(k,) median over pictures (3, h, w) of the slope of the numbers that are seen on those that are written.

    Bounded by BOUNDS. 1 for numbers that no sweep has, that are hardly shown, that are seen in less than half of the
    pictures, or for which making up for the share does not help: slopes no nearer to 1, or lower in too many pictures.
    """
    factor.shown = torch.ones_like(factor.shown)
    before = _slopes(factor, sweeps, film, pictures, read)
    shares = [_share(of_faces) for of_faces in before]
    factor.shown = _by_number(factor, sweeps, shares)
    after = _slopes(factor, sweeps, film, pictures, read)
    kept = [one if _helps(one, a, b) else 1.0 for one, a, b in zip(shares, before, after, strict=True)]
    return _by_number(factor, sweeps, kept)


def _by_number(factor: AffineFactor, sweeps: Sequence[Sweep], shares: Sequence[float]) -> Tensor:
    shown = torch.ones_like(factor.shown)
    for sweep, share in zip(sweeps, shares, strict=True):
        shown[list(sweep.columns)] = share
    return shown


def _share(slopes: Tensor) -> float:
    known = slopes[slopes.isfinite()]
    median = float(known.quantile(0.5)) if 2 * len(known) >= max(len(slopes), 1) else 0.0
    return min(max(median, BOUNDS[0]), BOUNDS[1]) if median >= SEEN else 1.0


def _helps(share: float, before: Tensor, after: Tensor) -> bool:
    """Whether slopes (pictures,) are nearer to 1 after the share is made up for, and folds stay few."""
    known = before.isfinite() & after.isfinite()
    folded = (after < before - _NOISE)[known].float().mean() if share < 1 and known.any() else torch.zeros(())
    return _error(after) < _error(before) and float(folded) <= FOLDS


def _error(slopes: Tensor) -> float:
    """Median distance of the slopes from 1."""
    known = slopes[slopes.isfinite()]
    return float((known - 1).abs().quantile(0.5)) if len(known) else float("inf")


def _slopes(
    factor: AffineFactor, sweeps: Sequence[Sweep], film: FilmEncoder, pictures: Sequence[Tensor], read: Read
) -> Tensor:
    """(sweeps, pictures): slope of the numbers seen on those asked for; NaN where less than four frames show a face."""
    slopes = []
    for picture in pictures:
        vector = film.encode(picture[None])
        own = factor.read(vector)
        for sweep in sweeps:
            asked, columns = torch.linspace(sweep.low, sweep.high, STEPS), list(sweep.columns)
            change = torch.zeros(STEPS, len(factor.shown))
            change[:, columns] = asked[:, None]
            frames = film.render(picture, vector + offset_of(factor, own, change))
            slopes.append(_slope(asked, read(frames)[:, columns].float().mean(1)))
    return torch.tensor(slopes).reshape(len(pictures), len(sweeps)).T


def _slope(asked: Tensor, seen: Tensor) -> float:
    there = seen.isfinite()
    if int(there.sum()) < STEPS - 1:
        return float("nan")
    x, y = asked[there] - asked[there].mean(), seen[there] - seen[there].mean()
    return float((x * y).sum() / x.square().sum())


def read_by_mesh(numbers: Numbers, width: int) -> Read | None:
    """A reader of frames by the face mesh; None if the extra `landmarks` is not installed. width: k"""
    try:
        mesh = FaceMesh()
    except MissingError:
        return None

    def read(frames: Tensor) -> Tensor:
        mesh.restart()
        settled = torch.cat([frames[:1].expand(_SETTLING, -1, -1, -1), frames])
        rows = list(_rows(mesh, settled, numbers, width))
        return torch.stack(rows[_SETTLING:])

    return read


def _rows(mesh: FaceMesh, frames: Tensor, numbers: Numbers, width: int) -> Iterator[Tensor]:
    for picture in to_pictures(frames):
        found = mesh.measure(picture)
        yield torch.full((width,), torch.nan) if found is None else torch.as_tensor(numbers(found)).float()

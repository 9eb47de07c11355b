"""How much of another person's change rendered frames show when its motion is transferred, measured at `fit`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.loading import decode
from x2face_core.data.tables import Split
from x2face_core.driving import FilmEncoder
from x2face_core.pixels import to_tensor
from x2face_core.sources.source import squared_distances
from x2face_plugins.mappings.affine import AffineFactor
from x2face_plugins.mappings.showing import Read, Sweep
from x2face_plugins.mappings.transferring import Amplified, Transfer, makes_up

FILMS, FRAMES = 20, 32
"""Largest number of films, of a person each, and of evenly spaced frames of a film."""
HEARD = 0.3
"""Correlation with the driver below which frames do not follow a number at all; there is nothing to make up for."""
LOST = 0.02
"""Correlation with the driver that making up for a share may cost; else the share is left as it is.

Medians of r over twenty films have a standard error of about as much.
"""
MOVING = 0.1
"""Least standard deviation of a driver's numbers for a film to count, as a share of the span of a sweep."""
_FEWEST = 8  # frames with a face
_SIDE = 256


@dataclass(frozen=True)
class Crossing:
    """A film of one person, and one of another, whose first frame is driven by it."""

    driver: Clip
    source: Clip

    def driving(self) -> Tensor:
        """(n, 3, 256, 256) in [0, 1]."""
        frames = np.unique(np.linspace(0, self.driver.frames - 1, FRAMES).round().astype(np.int64))
        return to_tensor(decode(self.driver.path, frames, _SIDE))

    def picture(self) -> Tensor:
        """(3, 256, 256)."""
        return to_tensor(decode(self.source.path, np.zeros(1, np.int64), _SIDE))[0]


Make = Callable[[Tensor, Tensor], Transfer]
"""From the vectors (128,) of a source and of a driver's rest frame."""


def crossings_of(folder: Path, split: Split = "val", most: int = FILMS) -> list[Crossing]:
    """People of a split, each driven by another one's film with most turning; none if these are no tracks.

    most: largest number of people
    """
    if not (folder / "clips.csv").is_file():
        return []
    people: dict[str, Clip] = {}
    for clip in sorted(FaceFolder(folder).of_split(split), key=lambda clip: -clip.yaw_range):
        people.setdefault(clip.identity, clip)
    clips = [people[name] for name in sorted(people)][:most]
    half = len(clips) // 2
    return [Crossing(clip, clips[(k + half) % len(clips)]) for k, clip in enumerate(clips)] if half else []


@dataclass(frozen=True, eq=False)
class Followed:
    """Medians over films. r, slope: (k,) of the numbers that frames show on the driver's; NaN where no driver moves"""

    r: Tensor
    slope: Tensor


@torch.no_grad()
def measure_followed(
    factor: AffineFactor, sweeps: Sequence[Sweep], film: FilmEncoder, crossings: Sequence[Crossing], read: Read
) -> tuple[Followed, Followed]:
    """Set the factor's `followed`; returns what frames show without and with making up for it.

    It stays 1 for numbers that no driver moves, that frames do not follow, or for which making up for it brings slopes
    no nearer to 1 or costs correlation, as of lids that are written past shut.
    """
    k = len(factor.followed)
    factor.followed = torch.ones(k)
    least = torch.ones(k)
    for sweep in sweeps:
        least[list(sweep.columns)] = MOVING * (sweep.high - sweep.low)

    def make(own: Tensor, rest: Tensor) -> Transfer:
        return Transfer(own, rest, [Amplified(factor, makes_up(factor))])

    before = measure_films(make, least, film, crossings, read)
    shares = [_share(before, list(sweep.columns)) for sweep in sweeps]
    factor.followed = _by_number(sweeps, shares, k)
    after = measure_films(make, least, film, crossings, read)
    kept = [
        share if _helps(before, after, list(sweep.columns)) else 1.0
        for sweep, share in zip(sweeps, shares, strict=True)
    ]
    factor.followed = _by_number(sweeps, kept, k)
    return before, after


def _by_number(sweeps: Sequence[Sweep], shares: Sequence[float], k: int) -> Tensor:
    followed = torch.ones(k)
    for sweep, share in zip(sweeps, shares, strict=True):
        followed[list(sweep.columns)] = share
    return followed


def _share(before: Followed, columns: list[int]) -> float:
    r, slope = float(before.r[columns].mean()), float(before.slope[columns].mean())
    return slope if r >= HEARD and slope < 1 else 1.0  # NaN: 1


def _helps(before: Followed, after: Followed, columns: list[int]) -> bool:
    nearer = (after.slope[columns] - 1).abs().mean() < (before.slope[columns] - 1).abs().mean()
    return bool(nearer) and float((before.r - after.r)[columns].mean()) <= LOST


def measure_films(make: Make, least: Tensor, film: FilmEncoder, crossings: Sequence[Crossing], read: Read) -> Followed:
    """How far frames follow the drivers of crossings.

    least: (k,) least standard deviation of a driver's numbers for a film to count; read: as of read_by_mesh
    """
    found = [_of_film(make, film, one, read, least) for one in crossings]
    r, slope = torch.stack(found).nanmedian(0).values if found else torch.full((2, len(least)), torch.nan)
    return Followed(r, slope)


def _of_film(make: Make, film: FilmEncoder, one: Crossing, read: Read, least: Tensor) -> Tensor:
    """(2, k): correlation and slope."""
    driving, picture = one.driving(), one.picture()
    vectors, own, rest = encoded(film, driving, picture)
    shown = read(film.render(picture, own + make(own, rest)(vectors)))
    pairs = zip(read(driving).T, shown.T, least.tolist(), strict=True)
    return torch.tensor([_followed(*pair) for pair in pairs]).T


def encoded(film: FilmEncoder, driving: Tensor, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Vectors (n, 128) of a driver's frames (n, 3, h, w), of a source (3, h, w) and of the driver's rest frame."""
    vectors, own = film.encode(driving), film.encode(picture[None])[0]
    return vectors, own, vectors[int(squared_distances(vectors, own, film).argmin())]


def _followed(driver: Tensor, shown: Tensor, least: float) -> tuple[float, float]:
    there = driver.isfinite() & shown.isfinite()
    x, y = driver[there].double(), shown[there].double()
    if len(x) < _FEWEST or float(x.std()) < least or float(y.std()) == 0:
        return float("nan"), float("nan")
    r = float(torch.corrcoef(torch.stack([x, y]))[0, 1])
    return r, r * float(y.std() / x.std())


def rounded(numbers: Tensor, digits: int = 2) -> list[float | None]:
    """For figures; None for NaN."""
    return [None if math.isnan(one) else round(one, digits) for one in numbers.tolist()]

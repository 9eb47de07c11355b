"""Table 1: L1 of held-out frames generated from one and from three frames of the same clip (paper 5.1)."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip
from x2face_core.errors import InputError
from x2face_core.files.storing import write_text
from x2face_core.media.images import write_picture
from x2face_core.model import X2Face
from x2face_core.pixels import to_pictures
from x2face_lab.evaluation.intervals import interval
from x2face_lab.evaluation.tracks import read_film

EVERY = 5
"""Every fifth frame of a clip is a driving frame, but those that are sources."""
SOURCES = (1, 3)
_BATCH = 16
COPY, PAIRS = "copy", "pairs.csv"
_BALANCES = ("by_person", "by_clip")
Stage = Literal["I", "II"]
Pictures = NDArray[np.uint8]
PAPER: dict[tuple[str, int], tuple[float, float]] = {
    ("I", 1): (0.0632, 0.0),
    ("II", 1): (0.0630, 0.0032),
    ("I", 3): (0.0524, 0.1714),
    ("II", 3): (0.0521, 0.1762),
}
"""L1 and improvement by stage and number of sources, as printed."""


@dataclass(frozen=True)
class Pair:
    """The L1 between a driving frame and what `weights` generated for it, both in 8 bits, as a share of 255.

    weights: "copy" for the first source itself, or the mean over three
    """

    weights: str
    sources: int
    person: str
    clip: str
    frame: int
    l1: float


Keep = Callable[[str, str, Sequence[int], Pictures], None]
"""Called with whose pictures (true, or WEIGHTS/N), the clip, frame numbers, and pictures (n, h, w, 3)."""


class FilmFolder:
    """Keeps the pictures of every pair without loss: true/CLIP/FRAME.png, and WEIGHTS/N/CLIP/FRAME.png."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, kind: str, clip: str, frames: Sequence[int], pictures: Pictures) -> None:
        folder = self.path / kind / Path(clip).with_suffix("")
        folder.mkdir(parents=True, exist_ok=True)
        for frame, picture in zip(frames, pictures, strict=True):
            write_picture(folder / f"{frame:06d}.png", picture)

    def write_pairs(self, pairs: Sequence[Pair]) -> None:
        """pairs.csv: a row a pair."""
        lines = io.StringIO()
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(("weights", "sources", "person", "clip", "frame", "l1"))
        rows.writerows((p.weights, p.sources, p.person, p.clip, p.frame, f"{p.l1:.7f}") for p in pairs)
        write_text(self.path / PAIRS, lines.getvalue())


def stage_of(model: X2Face) -> Stage:
    """II for weights of the recipe identity, else I."""
    return "II" if model.info.recipe.get("name") == "identity" else "I"


def measure_pairs(
    models: Mapping[str, X2Face],
    clips: Sequence[Clip],
    keep: Keep = lambda kind, clip, frames, pictures: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Pair]:
    """All pairs of all clips: driving frames with the first, and with the first, middle and last frame as sources."""
    pairs: list[Pair] = []
    for number, clip in enumerate(clips):
        pairs.extend(_pairs_of(models, clip, keep))
        progress(number + 1, len(clips))
    if not pairs:
        raise InputError("no clip has a frame to drive by beside the three sources; longer clips are needed.")
    return pairs


@torch.inference_mode()
def _pairs_of(models: Mapping[str, X2Face], clip: Clip, keep: Keep) -> Iterator[Pair]:
    last = clip.frames - 1
    film = read_film(clip, sorted({*range(0, clip.frames, EVERY), last // 2, last}))
    chosen = [0, film.at(last // 2), len(film.numbers) - 1]
    driving = [row for row in range(len(film.numbers)) if row not in chosen]
    if not driving:
        return
    name, sources, targets = _name(clip), film.pictures[chosen], film.pictures[driving]
    frames, true = [film.numbers[row] for row in driving], to_pictures(targets)
    keep("true", name, frames, true)
    for weights, count, errors in _errors(models, sources, targets, lambda kind, made: keep(kind, name, frames, made)):
        for frame, l1 in zip(frames, errors.tolist(), strict=True):
            yield Pair(weights, count, clip.identity, name, frame, l1)


def _errors(
    models: Mapping[str, X2Face], sources: Tensor, targets: Tensor, keep: Callable[[str, Pictures], None]
) -> Iterator[tuple[str, int, NDArray[np.float64]]]:
    """Weights, number of sources, and L1 (n,) of the frames generated for targets (n, 3, h, w)."""
    true = to_pictures(targets)
    copied = np.stack([_l1(source[None], true) for source in to_pictures(sources)])
    yield COPY, 1, copied[0]
    yield COPY, 3, copied.mean(axis=0)
    for weights, model in models.items():
        vectors = torch.cat([model.encode(part) for part in torch.split(targets, _BATCH)])
        for count in SOURCES:
            face = model.embed(sources[:count])
            made = np.concatenate([to_pictures(model.render(face, part)) for part in torch.split(vectors, _BATCH)])
            keep(f"{weights}/{count}", made)
            yield weights, count, _l1(made, true)


def _name(clip: Clip) -> str:
    """The clip's name in clips.csv, with / between folders."""
    parts = clip.path.parts
    return "/".join(parts[len(parts) - parts[::-1].index("clips") :])


def _l1(made: Pictures, true: Pictures) -> NDArray[np.float64]:
    """(n,) mean absolute difference of pictures (n, h, w, 3), as a share of 255."""
    found: NDArray[np.float64] = np.abs(made.astype(np.int16) - true).mean(axis=(1, 2, 3)) / 255
    return found


def read_pairs(folder: Path) -> list[Pair]:
    """The pairs of a folder of films, counted anew from its pictures; those of "copy" are left out."""
    from x2face_core.media.images import read_picture

    found = []
    with (folder / PAIRS).open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["weights"] == COPY:
                continue
            at = Path(row["clip"]).with_suffix("") / f"{int(row['frame']):06d}.png"
            made = np.asarray(read_picture(folder / row["weights"] / row["sources"] / at))[None]
            l1 = float(_l1(made, np.asarray(read_picture(folder / "true" / at))[None])[0])
            found.append(Pair(row["weights"], int(row["sources"]), row["person"], row["clip"], int(row["frame"]), l1))
    return found


@dataclass(frozen=True)
class Balanced:
    """Means of L1. by_person: over people, of their clips' means; by_clip: over clips; people: (people,) their means"""

    by_person: float
    by_clip: float
    people: NDArray[np.float64]


def balanced(pairs: Iterable[Pair]) -> Balanced:
    """Means of pairs of the same weights and number of sources."""
    clips: dict[tuple[str, str], list[float]] = defaultdict(list)
    for pair in pairs:
        clips[pair.person, pair.clip].append(pair.l1)
    people: dict[str, list[float]] = defaultdict(list)
    for (person, _), values in clips.items():
        people[person].append(float(np.mean(values)))
    of_people = np.array([np.mean(values) for values in people.values()])
    of_clips = np.concatenate([np.array(values) for values in people.values()])
    return Balanced(float(of_people.mean()), float(of_clips.mean()), of_people)


def table_1(models: Mapping[str, X2Face], pairs: Sequence[Pair]) -> dict[str, Any]:
    """The figures of table 1, as `x2face table 1 --json` prints them.

    rows: for each weights and number of sources L1, by person and by clip; gain, over one source of the first weights;
        gain_3, over one source of the same weights; l1_less_first_interval, of what L1 is more than with the first
        weights and one source; and the paper's
    """
    found = {
        (name, count): balanced(pair for pair in pairs if (pair.weights, pair.sources) == (name, count))
        for name in (COPY, *models)
        for count in SOURCES
    }
    first = found[next(iter(models)), 1]
    rows = [
        {"weights": name, "stage": stage_of(model), "sources": count}
        | _figures(found[name, count], found[name, 1], first)
        | {"paper": dict(zip(("l1", "gain"), PAPER[stage_of(model), count], strict=True))}
        for name, model in models.items()
        for count in SOURCES
    ]
    copied = {str(count): found[COPY, count] for count in SOURCES}
    return {
        "table": 1,
        "clips": len({pair.clip for pair in pairs}),
        "people": len({pair.person for pair in pairs}),
        "pairs": sum((pair.weights, pair.sources) == (COPY, 1) for pair in pairs),
        "rows": rows,
        "copy": {n: {f"l1_{b}": round(getattr(one, b), 5) for b in _BALANCES} for n, one in copied.items()},
    }


def _figures(found: Balanced, one: Balanced, first: Balanced) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for balance in _BALANCES:
        l1 = getattr(found, balance)
        row[f"l1_{balance}"] = round(l1, 5)
        row[f"gain_{balance}"] = round(1 - l1 / getattr(first, balance), 5)
        row[f"gain_3_{balance}"] = round(1 - l1 / getattr(one, balance), 5)
    for name, people in (("l1_by_person", found.people), ("l1_less_first", found.people - first.people)):
        if (ends := interval(people)) is not None:
            row[f"{name}_interval"] = [round(end, 5) for end in ends]
    return row

"""`python benchmarks/check.py DATA [--limit N]`: how often `x2face check` is wrong, on the split val (docs/check.md).

N: largest number of photographs, and of people whose films are checked.
Findings are compared with the data's labels, and with deliberate degradations of pictures.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from x2face_core.data.folder import FaceFolder
from x2face_core.data.stills import Still
from x2face_core.errors import NoFaceError
from x2face_core.media.clips import open_clip
from x2face_core.media.images import read_picture
from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_core.sources.portraits import Cropping
from x2face_core.suitability.films import of_film
from x2face_core.suitability.findings import Finding
from x2face_core.suitability.likeness import likeness_of
from x2face_core.suitability.same_person import REFUSED_BELOW, WARNED_BELOW, least_similar_clusters
from x2face_core.suitability.sources import of_portrait

AUTO, NONE = Cropping(), Cropping("none")
Picture = NDArray[np.uint8]
Degradation = Callable[[Picture], Picture]


def main(data: Path, limit: int | None = None) -> None:
    torch.set_num_threads(1)
    model, folder = X2Face.load(device="cpu"), FaceFolder(data)
    stills = folder.stills
    assert stills is not None and stills.labels is not None
    chosen = spread(stills.of_split("val"), limit)
    pictures = [np.array(read_picture(still.path)) for still in chosen]
    rows = [still.row for still in chosen]
    truth = np.column_stack([stills.labels.pose, stills.labels.expression])[rows]
    detected = photographs(pictures, truth, [still.over for still in chosen], model)
    degraded(pictures, model)
    pairs([picture for picture, one in zip(pictures, detected, strict=True) if one], model)
    films(folder, model, limit)
    persons(folder, [still.identity for still in chosen], pictures, model)


def spread(stills: Sequence[Still], limit: int | None) -> Sequence[Still]:
    """At most `limit` of them, evenly."""
    every = max(1, -(-len(stills) // limit)) if limit else 1
    return stills[::every]


def found(picture: Picture, model: X2Face) -> dict[str, Finding] | None:
    """By name; None where no face was found."""
    try:
        portrait = AUTO.portrait(picture)
    except NoFaceError:
        return None
    return {one.name: one for one in of_portrait(portrait, AUTO, model)}


def photographs(
    pictures: Sequence[Picture], truth: NDArray[np.floating], over: Sequence[float], model: X2Face
) -> NDArray[np.bool_]:
    """Unchanged photographs: shares of missed faults and of false warnings, by check; whether each shows a face."""
    findings = [found(picture, model) for picture in pictures]
    detected = np.array([one is not None for one in findings])
    print(f"{len(pictures)} photographs, no face found in {(~detected).sum()}")
    whole = np.array(over)[detected] < 0.02
    warned = {
        name: np.array([one[name].status != "ok" for one in findings if one])
        for name in next(one for one in findings if one)
    }
    for name in ("faces", "edges", "hair", "size", "light", "sharpness"):
        uncut = warned[name][whole].mean()
        print(f"  {name}: warned of {warned[name].mean():.3f}, {uncut:.3f} of {whole.sum()} uncut ones")
    yaw, gap, lids = np.abs(truth[detected, 2]), truth[detected, 3], truth[detected, 5:7].mean(1)
    for name, bad, good in (
        ("pose", yaw >= 30, yaw <= 20),
        ("lips", gap < 0.005, gap > 0.03),
        ("eyes", lids < 0.1, lids > 0.2),
    ):
        missed, wrong = 1 - warned[name][bad].mean(), warned[name][good].mean()
        print(f"  {name}: missed {missed:.3f} of {bad.sum()}, false warnings {wrong:.3f} of {good.sum()}")
    return detected


def degraded(pictures: Sequence[Picture], model: X2Face) -> None:
    """Degraded photographs: share in which a face is found, and share of those that is warned of."""
    for name, of, degrade in degradations():
        findings = [found(degrade(picture), model) for picture in pictures[::2]]
        warned = [one[of].status != "ok" for one in findings if one]
        print(f"  {name}: face found {len(warned) / len(findings):.2f}, warned {np.mean(warned):.3f}")


def degradations() -> Iterator[tuple[str, str, Degradation]]:
    """Description, what is to be found, and the degradation, of pictures of 256 x 256."""
    for radius in (1, 2, 3):
        yield f"blurred by {radius} of 256", "sharpness", partial(blurred, radius=radius)
    for share in (0.4, 0.3, 0.2):
        yield f"light times {share}", "light", partial(darkened, share=share)
    for side in (96, 72, 48):
        yield f"reduced to {side}", "size", partial(reduced, side=side)
    for cut in (0.05, 0.1, 0.2):
        pixels = round(256 * (0.2 + cut / 1.6))
        yield f"{cut:.0%} of the face cut left", "edges", partial(cropped, left=pixels)
        yield f"{cut:.0%} of the face cut below", "edges", partial(cropped, below=pixels)


def blurred(picture: Picture, radius: int) -> Picture:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def darkened(picture: Picture, share: float) -> Picture:
    return (picture * share).astype(np.uint8)


def reduced(picture: Picture, side: int) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BOX))


def cropped(picture: Picture, left: int = 0, below: int = 0) -> Picture:
    return picture[: len(picture) - below, left:]


def pairs(pictures: Sequence[Picture], model: X2Face) -> None:
    """Two photographs side by side, the second one smaller."""
    for share in (1.0, 0.6):
        warned = []
        for one, other in zip(pictures[::2], pictures[1::2], strict=False):
            small = np.zeros_like(other)
            side = round(256 * share)
            small[:side, :side] = np.asarray(Image.fromarray(other).resize((side, side)))
            answer = found(np.concatenate([one, small], axis=1), model)
            warned.append(answer is not None and answer["faces"].status != "ok")
        print(f"  two faces, one {share:g} as large: warned {np.mean(warned):.3f} of {len(warned)}")


def films(folder: FaceFolder, model: X2Face, limit: int | None) -> None:
    """Three films of each person, with a limit one, each showing one face throughout."""
    people: dict[str, int] = {}
    findings: dict[str, list[bool]] = {}
    for clip in folder.of_split("val"):
        people[clip.identity] = people.get(clip.identity, 0) + 1
        if people[clip.identity] > (3 if limit is None else 1) or (limit and len(people) > limit):
            continue
        try:
            found_in_film = of_film(open_clip(str(clip.path), "film", "auto", 1.6), 1.6, model)
        except NoFaceError:
            findings.setdefault("no face", []).append(True)
            continue
        for one in found_in_film:
            findings.setdefault(one.name, []).append(one.status != "ok")
    print("films:", {name: f"{np.mean(one):.3f} of {len(one)}" for name, one in findings.items()})


def persons(folder: FaceFolder, identities: Sequence[str], pictures: Sequence[Picture], model: X2Face) -> None:
    """Runs with two or three sources, of one person or of as many."""
    names, shown = list(identities), list(pictures)
    many: dict[str, int] = {}
    for clip in folder.of_split("val"):
        many[clip.identity] = many.get(clip.identity, 0) + 1
        if many[clip.identity] <= 4:
            film = open_clip(str(clip.path), "film", "none", 1.6)
            names, shown = [*names, clip.identity], [*shown, next(film.pictures(256))]
    textures = torch.stack([model.embed(to_tensor([NONE.portrait(np.asarray(one)).crop])).texture for one in shown])
    learned = likeness_of(model.fingerprint)
    assert learned is not None
    cosines, rng, identity = learned.cosines(textures), np.random.default_rng(0), np.array(names)
    by_person = {one: np.flatnonzero(identity == one) for one in sorted(set(names))}
    for count in (2, 3, 4):
        several = [rows for rows in by_person.values() if len(rows) >= count]
        same = [[draws(cosines, rng.choice(rows, count, replace=False)) for _ in range(60)] for rows in several]
        keys = sorted(by_person)
        other = [
            draws(cosines, [rng.choice(by_person[keys[k]]) for k in rng.choice(len(keys), count, replace=False)])
            for _ in range(3000)
        ]
        intruder = []
        for _ in range(2000 if count > 2 else 0):
            rows = several[rng.integers(len(several))]
            stranger = by_person[keys[rng.integers(len(keys))]]
            if identity[stranger[0]] != identity[rows[0]]:
                intruder.append(draws(cosines, [*rng.choice(rows, count - 1, replace=False), rng.choice(stranger)]))
        for limit, name in ((REFUSED_BELOW, "refused"), (WARNED_BELOW, "warned of or refused")):
            same_below = np.mean([np.mean(np.array(one) < limit) for one in same])
            shares = [np.mean(np.array(one) < limit) for one in (other, intruder or [1.0])]
            print(f"  {count} sources {name}: {same_below:.4f} of one person ({len(several)} people),")
            strange = f", {shares[1]:.3f} with one stranger among one person's" if intruder else ""
            print(f"    {shares[0]:.3f} of {count} people{strange}")


def draws(cosines: torch.Tensor, rows: Sequence[int] | NDArray[np.int64]) -> float:
    at = list(map(int, rows))
    return least_similar_clusters(cosines[at][:, at], [[k] for k in range(len(at))])[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()
    main(given.data, given.limit)

"""Figures for `evaluate --json`: means over frames, means over people, and confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from x2face_lab.evaluation.across import CrossDriving, people_followed
from x2face_lab.evaluation.intervals import Floats, interval
from x2face_lab.evaluation.readers import MEASURES
from x2face_lab.evaluation.regions import REGIONS
from x2face_lab.evaluation.skin import by_skin
from x2face_lab.evaluation.tally import Tally

_MEANS = {name: name for name in ("l1_1", "l1_3", "copy_1", "copy_3", "psnr", "ssim", "cpbd", "cpbd_true", "lpips")}
_MEANS |= {"aed": "identity", "aed_source": "identity_source"}
_RATIOS = {
    "ratio_1": ("l1_1", "copy_1"),
    "ratio_3": ("l1_3", "copy_3"),
    "inside": ("inside_l1", "inside_copy"),
    "eyes": ("eyes_l1", "eyes_copy"),
    "sharpness_3": ("sharp_fused", "sharp_best"),
}
MOVING = 0.03
"""Least mean L1 of copying the source for a person to count as moving."""
_KEYPOINTS = {"akd": "akd", "mkr": "missing", "jitter": "jitter", "jitter_true": "jitter_true"}


def rounded(figures: Mapping[str, float], digits: int = 3) -> dict[str, float]:
    """Round figures; NaN are left out, as JSON has none."""
    return {name: round(value, digits) for name, value in figures.items() if not math.isnan(value)}


def fidelity(tally: Tally) -> dict[str, Any]:
    """Figures of reconstruction; docs/evaluation.md defines each."""
    figures: dict[str, Any] = {}
    for name, measure in _MEANS.items():
        figures |= _both(name, tally.mean(measure), tally.means(measure))
    for name, (above, below) in _RATIOS.items():
        figures |= _both(name, tally.ratio(above, below), tally.ratios(above, below))
    figures |= _both("gain_3", 1 - tally.ratio("l1_3", "l1_1"), 1 - tally.ratios("l1_3", "l1_1"))
    return figures | _moving(tally) | _regions(tally) | by_skin(tally)


def _moving(tally: Tally) -> dict[str, Any]:
    """ratio_1 over people who move, for whom the ratio to copying is meaningful."""
    ratios = tally.ratios("l1_1", "copy_1")[tally.means("copy_1") >= MOVING]
    if not len(ratios):
        return {}
    found = {"ratio_1_moving_by_person": round(float(ratios.mean()), 5), "moving_people": len(ratios)}
    return found | _interval("ratio_1_moving_by_person", ratios)


def keypoints(tally: Tally) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, measure in _KEYPOINTS.items():
        figures |= _both(name, tally.mean(measure), tally.means(measure))
    return figures


def of_people(fidelity: Tally, keypoints: Tally) -> dict[str, dict[str, float]]:
    """Each person's own means of what is averaged over people."""
    found: dict[str, dict[str, float]] = {}
    for tally, measures in ((fidelity, _MEANS), (keypoints, _KEYPOINTS)):
        for name, measure in measures.items():
            for person, value in zip(tally.people, tally.means(measure).tolist(), strict=True):
                found.setdefault(person, {}).update(rounded({name: value}, 5))
    return found


def _both(name: str, overall: float, people: Floats, digits: int = 5) -> dict[str, Any]:
    """A figure over all frames, its mean over people, and its interval; {} if undefined."""
    if math.isnan(overall):
        return {}
    by_person = f"{name}_by_person"
    found: dict[str, Any] = {name: round(overall, digits), by_person: round(float(np.nanmean(people)), digits)}
    return found | _interval(by_person, people, digits)


def _interval(name: str, people: Floats, digits: int = 5, centre: Callable[..., Floats] = np.mean) -> dict[str, Any]:
    found = interval(people, centre)
    return {} if found is None else {f"{name}_interval": [round(end, digits) for end in found]}


def _regions(tally: Tally) -> dict[str, Any]:
    if math.isnan(tally.mean("face_l1")):
        return {}
    kinds = {"l1": "l1", "copy": "copy"}
    overall = {r: {k: round(tally.mean(f"{r}_{m}"), 5) for k, m in kinds.items()} for r in REGIONS}
    people = {r: {k: round(float(np.nanmean(tally.means(f"{r}_{m}"))), 5) for k, m in kinds.items()} for r in REGIONS}
    sure = {r: interval(tally.means(f"{r}_l1")) for r in REGIONS}
    intervals = {r: {"l1": [round(end, 5) for end in ends]} for r, ends in sure.items() if ends is not None}
    found = {"regions": overall, "regions_by_person": people}
    return found | ({"regions_by_person_interval": intervals} if intervals else {})


def across(moved: Sequence[CrossDriving], read_by: str) -> dict[str, Any]:
    """Medians over people with enough motion; {} if there are no films."""
    if not moved:
        return {}
    people = people_followed(moved)  # (people, 8, 2)
    known = [k for k in range(len(MEASURES)) if np.isfinite(people[:, k, 0]).any()]
    median = np.nanmedian(people[:, known], axis=0) if known else np.zeros((0, 2))
    names = [MEASURES[k] for k in known]
    found: dict[str, Any] = {
        "across": dict(zip(names, median[:, 0].round(3).tolist(), strict=True)),
        "across_slopes": {
            name: {"r": r, "slope": s} for name, (r, s) in zip(names, median.round(3).tolist(), strict=True)
        },
        "across_people": {name: int(np.isfinite(people[:, k, 0]).sum()) for name, k in zip(names, known, strict=True)},
        "across_found": round(float(np.mean([one.found for one in moved])), 3),
        "across_read_by": read_by,
    }
    return found | _across_intervals(people, names, known)


def _across_intervals(people: Floats, names: Sequence[str], known: Sequence[int]) -> dict[str, Any]:
    intervals: dict[str, dict[str, list[float]]] = {}
    for name, k in zip(names, known, strict=True):
        ends = {kind: interval(people[:, k, column], np.median) for column, kind in enumerate(("r", "slope"))}
        intervals[name] = {kind: [round(end, 3) for end in found] for kind, found in ends.items() if found is not None}
    return {"across_interval": intervals}

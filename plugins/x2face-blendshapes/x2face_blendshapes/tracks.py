"""Labelled films by `x2face prepare --landmarks`, and conversion of their labels to ARKit coefficients."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from x2face_plugins import InputError

LABELLED = ("mouth_open", "mouth_width", "eye_right", "eye_left")
"""In the mapping's order: left and right are the picture's in labels.npz, the person's in ARKit."""
OPENING = 0.2
"""The gap between the lips for coefficient 1, relative to the face's height from hair line to chin."""
WIDENING = 0.1
"""The change of mouth width for coefficients 1 and -1, relative to the face's height."""
CLOSING = 0.45
"""The reduction of the lids' usual gap for coefficient 1. The mesh measures about half a gap for closed eyes."""
_MOST = 1.5  # larger coefficients are taken for errors of the mesh
_AT_LEAST = 10  # labelled frames of a film


@dataclass(frozen=True, eq=False)
class Track:
    """A film of one person. frames: (n,) ascending; values: (n, 4) coefficients in the mapping's order"""

    path: Path
    person: str
    split: str
    frames: np.ndarray
    values: np.ndarray

    @property
    def liveliness(self) -> float:
        """Mean range of its coefficients, each relative to its typical range."""
        low, high = np.percentile(self.values, [3, 97], axis=0)
        return float(((high - low) / [0.5, 0.6, 0.9, 0.9]).mean())


def read_tracks(folder: Path) -> list[Track]:
    """The labelled films of a folder. InputError if it is not such a folder."""
    clips, labels = _clips(folder / "clips.csv"), _labels(folder / "labels.npz")
    if labels["clip"].size and labels["clip"].max() >= len(clips):
        raise InputError(f"{folder}: labels.npz speaks of more films than clips.csv lists; prepare it anew.")
    raw = np.stack([labels[name] for name in LABELLED], axis=1).astype(float)
    people = np.array([clip["identity"] for clip in clips])
    values = np.full(raw.shape, np.nan)
    for person in np.unique(people):
        rows = people[labels["clip"]] == person
        values[rows] = coefficients(raw[rows])
    tracks = [_track(folder, clip, number, labels, values) for number, clip in enumerate(clips)]
    return [track for track in tracks if len(track.frames) >= _AT_LEAST]


def coefficients(labels: np.ndarray) -> np.ndarray:
    """Convert LABELLED (n, 4) of one person to ARKit coefficients: 0 at rest, 1 at the extreme.

    At rest the gap between the lips is the 10th percentile, the mouth width is the median over frames with a gap
    up to the median, and the lids are at their median.
    """
    if not len(labels):
        return labels
    opening, width, *lids = labels.T
    closed = opening <= np.median(opening)
    values = [(opening - np.percentile(opening, 10)) / OPENING, (width - np.median(width[closed])) / WIDENING]
    values += [(1 - lid / max(float(np.median(lid)), 1e-6)) / CLOSING for lid in lids]
    clipped: np.ndarray = np.clip(np.stack(values, axis=1), -_MOST, _MOST)
    return clipped


def liveliest(tracks: list[Track], each: int) -> list[Track]:
    """At most `each` films of each person, those with the largest liveliness."""
    ranked: dict[str, list[Track]] = {}
    for track in sorted(tracks, key=lambda track: -track.liveliness):
        ranked.setdefault(track.person, []).append(track)
    return [track for own in ranked.values() for track in own[:each]]


def _track(folder: Path, clip: dict[str, str], number: int, labels: dict[str, np.ndarray], values: np.ndarray) -> Track:
    rows = np.flatnonzero(labels["clip"] == number)
    rows = rows[np.argsort(labels["frame"][rows], kind="stable")]
    return Track(
        folder / "clips" / clip["clip"],
        clip["identity"],
        clip["split"],
        labels["frame"][rows].astype(int),
        values[rows],
    )


def _clips(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            clips = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} cannot be read ({error}); `x2face prepare FILMS FOLDER --landmarks` makes one."
        ) from error
    if not clips or not {"clip", "identity", "split"} <= clips[0].keys():
        raise InputError(f"{path}: expected films in columns clip, identity and split, among others.")
    return clips


def _labels(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as labels:
            return {name: labels[name] for name in ("clip", "frame", *LABELLED)}
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise InputError(f"{path} cannot be read ({error}); `x2face prepare --landmarks` writes one.") from error

"""Training pairs from labelled tracks: pictures of many people, and versions with turned heads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_plugins import FilmEncoder, InputError
from x2face_plugins.media import to_tensor
from x2face_plugins.tracks import Clip, FaceFolder, Labels, Turner, canonical_layout, decode, head_pose, with_forehead

Pair = tuple[Tensor, Tensor]
REACH = (25.0, 20.0, 28.0)
"""Ranges of the random turns: roll, pitch and yaw in degrees."""
SEEN = (1.0, 0.79, 0.95)
"""Effective share of a turn by splines: medians measured with a face mesh over 94 people (docs/pose.md)."""
_FURTHEST = (60.0, 45.0, 75.0)  # limits of the pose after the turn
_GROWTH, _SHIFT = 0.05, 0.04  # random changes of size and position, as nuisance variables
_LEARNED, _HELD_OUT = (12, 6), (36, 12)  # largest number of pictures, and of clips, of a person


def turned_tracks(folder: Path, film: FilmEncoder, turns: int) -> Iterator[tuple[Pair, bool]]:
    """A pair for each picture with its turned versions; then held-out people (True) of the split val.

    turns: number of versions
    """
    tracks = FaceFolder(folder)
    labelled = Labelled(tracks.labels)
    for pair in _of_people(tracks.of_split("train"), labelled, film, turns, _LEARNED):
        yield pair, False
    for pair in _of_people(tracks.of_split("val"), labelled, film, 0, _HELD_OUT):
        yield pair, True


class Labelled:
    """The frames of a folder that have both landmarks and pose."""

    def __init__(self, labels: Labels) -> None:
        clip, frame = labels.landmark_ref.T
        rows = labels.rows_of(clip, frame)
        order = np.lexsort((frame, clip))
        order = order[rows[order] >= 0]
        if not len(order):
            raise InputError("labels.npz holds no landmarks; `x2face prepare --landmarks` measures them.")
        self._clip, self._frame, self._pose = clip[order], frame[order], labels.pose[rows[order]]
        self._landmarks = labels.landmarks[order]
        layout = canonical_layout(with_forehead(self._landmarks[:: max(1, len(order) // 5000)]))
        self.turner = Turner(torch.from_numpy(layout), limits=_FURTHEST)

    def of(self, clip: Clip) -> NDArray[np.int64]:
        """Frame numbers of a clip, ascending."""
        frames: NDArray[np.int64] = self._frame[self._rows(clip)]
        return frames

    def at(self, clip: Clip, frames: NDArray[np.int64]) -> Pair:
        """Landmarks (n, 71, 3) in normalised coordinates, and degrees (n, 3), of n frames."""
        rows = self._rows(clip).start + np.searchsorted(self.of(clip), frames)
        return torch.from_numpy(with_forehead(self._landmarks[rows])), torch.from_numpy(self._pose[rows]).double()

    def _rows(self, clip: Clip) -> slice:
        start, end = np.searchsorted(self._clip, [clip.row, clip.row + 1])
        return slice(int(start), int(end))


def _of_people(
    clips: Sequence[Clip], labelled: Labelled, film: FilmEncoder, turns: int, share: tuple[int, int]
) -> Iterator[Pair]:
    """Pairs of each person. share: largest number of pictures, and of clips"""
    people: dict[str, list[Clip]] = {}
    for clip in clips:
        people.setdefault(clip.identity, []).append(clip)
    for seed, name in enumerate(sorted(people)):
        rng = np.random.default_rng(seed)
        for clip, frames in _chosen(people[name], labelled, rng, *share):
            pictures = to_tensor(decode(clip.path, frames, film.side))
            points, poses = labelled.at(clip, frames[: len(pictures)])
            versions, degrees = _turned(labelled.turner, pictures, points, poses, turns, rng)
            vectors = film.encode(versions.flatten(0, 1)).view(*degrees.shape[:2], -1)
            yield from zip(degrees.float(), vectors, strict=True)


def _chosen(
    clips: Sequence[Clip], labelled: Labelled, rng: np.random.Generator, pictures: int, most: int
) -> Iterator[tuple[Clip, NDArray[np.int64]]]:
    """Choose clips of one person and frames in them: half of the clips those with most yaw, the others at random."""
    usable = sorted((clip for clip in clips if len(labelled.of(clip))), key=lambda clip: -clip.yaw_range)
    if not usable:
        return
    chosen, rest = usable[: most // 2], usable[most // 2 :]
    chosen += [rest[k] for k in sorted(rng.permutation(len(rest))[: most - len(chosen)])]
    each = -(-pictures // len(chosen))
    for clip in chosen:
        frames = labelled.of(clip)
        yield clip, frames[np.unique(np.linspace(0, len(frames) - 1, each).round().astype(int))]


def _turned(
    turner: Turner, pictures: Tensor, points: Tensor, poses: Tensor, turns: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Pictures followed by turned versions (n, 1 + turns, 3, h, w), and their degrees (n, 1 + turns, 3)."""
    versions, degrees = [pictures], [poses]
    before, now, reach = head_pose(points[:, :68].numpy()), turner.pose(points), torch.tensor(REACH).deg2rad()
    for _ in range(turns):
        size = (len(points), 3)
        wanted = torch.from_numpy(rng.uniform(-1, 1, size)).float() * reach
        scales = torch.from_numpy(1 + rng.uniform(-_GROWTH, _GROWTH, size[0])).float()
        shifts = torch.from_numpy(rng.uniform(-_SHIFT, _SHIFT, (size[0], 2))).float()
        moved = turner.turn(points, (wanted - now).clamp(-reach, reach), scales, shifts)
        versions.append(turner.picture(pictures, points, moved))
        degrees.append(poses + torch.from_numpy((head_pose(moved[:, :68].numpy()) - before) * SEEN))
    return torch.stack(versions, 1), torch.stack(degrees, 1)

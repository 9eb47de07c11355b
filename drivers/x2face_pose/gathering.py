"""Training data of the pose mapping: labelled tracks with augmented poses, or pictures with a table of poses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from x2face_plugins import FilmEncoder
from x2face_pose.pictures import posed_pictures
from x2face_pose.tracks import turned_tracks


@dataclass(frozen=True, eq=False)
class Found:
    """A pair of degrees (n, 3) and vectors (n, 128). held_out: for validation, not for fitting"""

    pair: tuple[Tensor, Tensor]
    held_out: bool = False


def gather(folder: Path, film: FilmEncoder, turns: int) -> Iterator[Found]:
    """Pairs from a folder of labelled tracks, or of pictures with a table of poses.

    turns: number of versions of each labelled picture with a randomly turned head
    """
    tracks = (folder / "clips.csv").is_file()
    for pair, held_out in turned_tracks(folder, film, turns) if tracks else posed_pictures(folder, film):
        yield Found(pair, held_out)

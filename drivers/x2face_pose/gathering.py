"""What the mapping learns from: labelled tracks, their heads turned further, or pictures with a table of poses."""

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
    """Degrees (n, 3) and vectors (n, 128) of faces that differ in pose; held: to judge by, not to learn from."""

    pair: tuple[Tensor, Tensor]
    held_out: bool = False


def gather(folder: Path, film: FilmEncoder, turns: int) -> Iterator[Found]:
    """All that a folder of labelled tracks teaches, or one of pictures with a table of poses.

    turns: versions of each labelled picture with the head turned at random
    """
    tracks = (folder / "clips.csv").is_file()
    for pair, held_out in turned_tracks(folder, film, turns) if tracks else posed_pictures(folder, film):
        yield Found(pair, held_out)

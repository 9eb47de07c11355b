"""Reading pictures of faces with a table of their poses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from x2face_plugins import FilmEncoder, InputError
from x2face_pose.settings import AXES
from x2face_pose.tables import header_of, number, read_rows

Pair = tuple[Tensor, Tensor]
_HELD = 6  # every sixth picture is held out


def posed_pictures(folder: Path, film: FilmEncoder) -> Iterator[tuple[Pair, bool]]:
    """A pair for each folder of pictures in the tables, and a held-out one (True).

    If each person's pictures are in a folder of their own, below that of the table, writing is fitted to differences
    within a person only.
    """
    tables = [path for path in sorted(folder.glob("*.csv")) if set(header_of(path)) >= {"picture", *AXES}]
    if not tables:
        raise InputError(f"{folder}: holds neither clips.csv nor a table picture,roll,pitch,yaw in degrees.")
    learned: dict[Path, list[Pair]] = {}
    held_out: list[Pair] = []
    for k, (path, pair) in enumerate(_posed(tables, film)):
        rows = held_out if k % _HELD == _HELD - 1 else learned.setdefault(path.parent, [])
        rows.append(pair)
    for rows in learned.values():
        yield _stacked(rows), False
    if held_out:
        yield _stacked(held_out), True


def _posed(tables: Sequence[Path], film: FilmEncoder) -> Iterator[tuple[Path, Pair]]:
    """Path, degrees (1, 3) and vector (1, 128) of each picture that shows a face."""
    for table in tables:
        for line, row in read_rows(table):
            path = table.parent / row["picture"]
            if not path.is_file():
                raise InputError(f"{table}, line {line}: picture is {row['picture']!r}; there is no such file.")
            degrees = [number(table, line, axis, row[axis]) for axis in AXES]
            vectors, _ = film(path)
            if len(vectors):
                yield path, (torch.tensor([degrees]), vectors[:1])


def _stacked(rows: Sequence[Pair]) -> Pair:
    values, vectors = (torch.cat(column) for column in zip(*rows, strict=True))
    return values, vectors

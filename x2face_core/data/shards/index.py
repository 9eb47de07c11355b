"""shards.json, the index of a folder of shards: what each holds, and what training has to know beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from x2face_core.data.shards.places import Place
from x2face_core.data.tables import SPLITS, Split
from x2face_core.errors import InputError
from x2face_core.files.descriptions import BROKEN_JSON

INDEX = "shards.json"
VERSION = 1


@dataclass(frozen=True)
class Shard:
    """One archive.

    name: file name; bytes: its size; sha256: of its content
    clips: for each sample, in the order of the archive, its number of frames (0: a photograph) and of those with
        landmarks
    """

    name: str
    split: Split
    bytes: int
    sha256: str
    clips: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Statistics:
    """Figures of all labelled frames of the split train, by which labels are standardised.

    expression, blend: median and deviation of each column, blend None where there are no scores
    layout: (71, 3) canonical landmarks in normalised coordinates
    gaze: whether it is measured
    """

    expression: tuple[list[float], list[float]]
    blend: tuple[list[float], list[float]] | None
    blend_names: list[str]
    layout: list[list[float]]
    gaze: bool


@dataclass(frozen=True)
class Index:
    """The index.

    people, seconds: of the training clips, seconds by source; statistics: None without labels
    """

    shards: tuple[Shard, ...]
    people: int
    seconds: dict[str, float]
    statistics: Statistics | None = None
    version: int = VERSION

    def of_split(self, split: Split) -> list[Shard]:
        return [shard for shard in self.shards if shard.split == split]

    @property
    def clips(self) -> int:
        """Number of training clips."""
        return sum(frames > 0 for shard in self.of_split("train") for frames, _ in shard.clips)

    def text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"


def read_index(place: Place) -> Index:
    """The index of a folder of shards. InputError if it is missing or broken."""
    if place.size(INDEX) is None:
        raise InputError(
            f"{place.text}: holds no {INDEX}; `x2face prepare FILMS TRACKS --shards {place.text}` writes shards."
        )
    try:
        content = json.loads(place.read(INDEX))
        if content.get("version") != VERSION:
            raise ValueError(f"its version is {content.get('version')!r}, {VERSION} is needed")
        return _index(content)
    except (KeyError, *BROKEN_JSON, AttributeError) as error:
        raise InputError(
            f"{place.name(INDEX)}: cannot be read ({str(error) or type(error).__name__}); write the shards again."
        ) from error


def _index(content: dict[str, Any]) -> Index:
    known = content["statistics"]
    statistics = None
    if known is not None:
        blend = None if known["blend"] is None else _pair(known["blend"])
        names = [str(name) for name in known["blend_names"]]
        statistics = Statistics(_pair(known["expression"]), blend, names, known["layout"], bool(known["gaze"]))
    seconds = {str(source): float(total) for source, total in content["seconds"].items()}
    return Index(tuple(map(_shard, content["shards"])), int(content["people"]), seconds, statistics)


def _shard(row: dict[str, Any]) -> Shard:
    if row["split"] not in SPLITS or "/" in row["name"]:
        raise ValueError(f"shard {row['name']!r:.60} of split {row['split']!r:.20}")
    clips = tuple((int(frames), int(marked)) for frames, marked in row["clips"])
    return Shard(str(row["name"]), row["split"], int(row["bytes"]), str(row["sha256"]), clips)


def _pair(values: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    centre, deviation = ([float(one) for one in part] for part in values)
    return centre, deviation

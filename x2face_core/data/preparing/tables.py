"""The files that training reads, clips.csv, labels.npz, pictures.csv and pictures.npz, and the report prepared.json."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from x2face_core.data.preparing import labelling
from x2face_core.data.preparing.records import FACELESS, Clip, Record, State, Still, write_json
from x2face_core.data.preparing.splitting import split_groups
from x2face_core.data.preparing.tracks import FPS
from x2face_core.data.tables import SPLITS, Split
from x2face_core.files.placing import atomic_file

STILL_COLUMNS = ("file", "source", "identity", "kind", "face_pixels", "split", "over")
COLUMNS = ("clip", "identity", "source", "seconds", "frames", "sound", "crop_pixels", "yaw_range", "split")


@dataclass(frozen=True)
class Report:
    """The result of a run over all films and photographs.

    clips, stills: those that were kept; splits: by group of clips, and by identity of stills
    labelled: whether all films with clips are labelled; stills_labelled: whether all crops are
    """

    out: Path
    records: Sequence[Record]
    photographs: Sequence[Still]
    splits: dict[str, Split]

    @classmethod
    def of(cls, records: Sequence[Record], photographs: Sequence[Still], out: Path) -> Report:
        """Make a report. People of films and of photographs are split separately, so that films have a val split."""
        filmed = split_groups(clip.group for record in records for clip in record.clips)
        others = split_groups(still.identity for still in photographs if still.file and still.identity not in filmed)
        return cls(out, records, photographs, others | filmed)

    @property
    def clips(self) -> list[Clip]:
        return [clip for record in self.records for clip in record.clips]

    @property
    def stills(self) -> list[Still]:
        return [still for still in self.photographs if still.file]

    @property
    def labelled(self) -> bool:
        return bool(self.clips) and all(record.labelled for record in self.records if record.clips)

    @property
    def stills_labelled(self) -> bool:
        return bool(self.stills) and all(still.labelled for still in self.stills)

    @property
    def broken(self) -> dict[str, str]:
        """Error message by film or photograph."""
        every: list[Record | Still] = [*self.records, *self.photographs]
        return {record.key: record.trouble for record in every if record.trouble}

    @property
    def without_face(self) -> list[str]:
        """Readable films and photographs without any detected face, not even a discarded one."""
        films = [r.key for r in self.records if not (r.trouble or r.clips or r.dropped)]
        return films + [still.key for still in self.photographs if still.why == FACELESS]

    @property
    def dropped(self) -> dict[str, tuple[int, float]]:
        """Number and total seconds of discarded tracks, by reason."""
        tracks: dict[str, tuple[int, float]] = {}
        for row in (row for record in self.records for row in record.dropped):
            count, seconds = tracks.get(row.why, (0, 0.0))
            tracks[row.why] = count + 1, seconds + row.end - row.start
        return tracks

    @property
    def dropped_stills(self) -> Counter[str]:
        """Number of discarded photographs by reason, without those that show no face."""
        return Counter(still.why for still in self.photographs if still.why and still.why != FACELESS)

    def of_split(self, split: Split) -> tuple[int, int, float]:
        """Number of clips, number of people, total seconds."""
        clips = [clip for clip in self.clips if self.splits[clip.group] == split]
        return len(clips), len({clip.identity for clip in clips}), sum(clip.frames for clip in clips) / FPS

    def stills_of_split(self, split: Split) -> tuple[int, int]:
        """Number of pictures, number of people."""
        stills = [still for still in self.stills if self.splits[still.identity] == split]
        return len(stills), len({still.identity for still in stills})

    def as_json(self) -> dict[str, object]:
        """The content of prepared.json."""
        names = ("clips", "people", "seconds", "pictures", "people_in_pictures")
        splits = {
            split: dict(zip(names, (*self.of_split(split), *self.stills_of_split(split)), strict=True))
            for split in SPLITS
        }
        dropped = {why: {"tracks": count, "seconds": round(s, 2)} for why, (count, s) in self.dropped.items()}
        return {
            "splits": splits,
            "labelled": self.labelled,
            "dropped": dropped,
            "dropped_pictures": dict(self.dropped_stills),
            "broken": self.broken,
            "without_face": self.without_face,
            "films": [asdict(record) for record in self.records],
            "pictures": [asdict(still) for still in self.photographs],
        }


def write_tables(state: State, report: Report, source: str) -> None:
    """Write all tables from the records. source: value of the column `source`"""
    _write_clips(state, report, source)
    _write_stills(state, report, source)
    write_json(state.out / "prepared.json", report.as_json())


def _write_clips(state: State, report: Report, source: str) -> None:
    labels = _write_labels(state, report.records) if report.labelled else None
    if labels is None:
        (state.out / "labels.npz").unlink(missing_ok=True)  # written by an earlier run, for other rows
    ranges = [0.0 if labels is None else _yaw_range(labels, row) for row in range(len(report.clips))]
    rows = [
        _row(clip, source, turn, report.splits[clip.group]) for clip, turn in zip(report.clips, ranges, strict=True)
    ]
    _write_csv(state.out / "clips.csv", COLUMNS, rows)


def _write_stills(state: State, report: Report, source: str) -> None:
    names = labelling.STILL_COLUMNS
    if report.stills_labelled:
        parts = [labelling.load(state.labels(still.key), names) for still in report.stills]
        labelling.save(state.out / "pictures.npz", labelling.stacked(parts))
    else:
        (state.out / "pictures.npz").unlink(missing_ok=True)
    rows = [_still_row(still, source, report.splits[still.identity]) for still in report.stills]
    _write_csv(state.out / "pictures.csv", STILL_COLUMNS, rows)


def _still_row(still: Still, source: str, split: Split) -> dict[str, object]:
    return {
        "file": still.file,
        "source": source,
        "identity": still.identity,
        "kind": "photo",
        "face_pixels": still.face_pixels,
        "split": split,
        "over": still.over,
    }


def _write_labels(state: State, records: Sequence[Record]) -> labelling.Columns:
    parts, first = [], 0
    for record in records:
        if record.clips:
            parts.append((labelling.load(state.labels(record.key)), first))
            first += len(record.clips)
    labels = labelling.joined(parts)
    labelling.save(state.out / "labels.npz", labels)
    return labels


def _yaw_range(labels: labelling.Columns, row: int) -> float:
    """Range of yaw in degrees, from the 5th to the 95th percentile."""
    yaw = labels["pose"][labels["clip"] == row, 2].astype(float)
    low, high = np.percentile(yaw, [5, 95]) if len(yaw) else (0.0, 0.0)
    return float(high - low)


def _row(clip: Clip, source: str, turn: float, split: Split) -> dict[str, object]:
    return {
        "clip": clip.clip,
        "identity": clip.identity,
        "source": source,
        "seconds": f"{clip.frames / FPS:.2f}",
        "frames": clip.frames,
        "sound": "sync" if clip.sound else "none",
        "crop_pixels": clip.crop_pixels,
        "yaw_range": f"{turn:.1f}",
        "split": split,
    }


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[dict[str, object]]) -> None:
    """Write a CSV table; none if there are no rows."""
    if not rows:
        path.unlink(missing_ok=True)
        return
    with atomic_file(path) as hidden, hidden.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

"""The files that training reads and people look at: clips.csv, labels.npz and the report prepared.json."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from x2face_core.data.preparing import labelling
from x2face_core.data.preparing.records import Clip, Record, State, write_json
from x2face_core.data.preparing.splitting import split_groups
from x2face_core.data.preparing.tracks import FPS
from x2face_core.data.tables import SPLITS, Split
from x2face_core.media.placing import beside

COLUMNS = ("clip", "identity", "source", "seconds", "frames", "sound", "crop_pixels", "yaw_range", "split")


@dataclass(frozen=True)
class Report:
    """What a run made of all its films."""

    out: Path
    records: Sequence[Record]
    clips: Sequence[Clip]
    splits: dict[str, Split]
    labelled: bool

    @classmethod
    def of(cls, records: Sequence[Record], out: Path) -> Report:
        """labelled: whether all of its films are."""
        clips = [clip for record in records for clip in record.clips]
        labelled = bool(clips) and all(record.labelled for record in records if record.clips)
        return cls(out, records, clips, split_groups(clip.group for clip in clips), labelled)

    @property
    def broken(self) -> dict[str, str]:
        """Film to what is wrong with it."""
        return {record.key: record.trouble for record in self.records if record.trouble}

    @property
    def without_face(self) -> list[str]:
        """Films that can be read and in which no face was found, not even one that was dropped."""
        return [r.key for r in self.records if not (r.trouble or r.clips or r.dropped)]

    @property
    def dropped(self) -> dict[str, tuple[int, float]]:
        """Reason to how many tracks of how many seconds."""
        tracks: dict[str, tuple[int, float]] = {}
        for row in (row for record in self.records for row in record.dropped):
            count, seconds = tracks.get(row.why, (0, 0.0))
            tracks[row.why] = count + 1, seconds + row.end - row.start
        return tracks

    def of_split(self, split: Split) -> tuple[int, int, float]:
        """Clips, people and seconds."""
        clips = [clip for clip in self.clips if self.splits[clip.group] == split]
        return len(clips), len({clip.identity for clip in clips}), sum(clip.frames for clip in clips) / FPS

    def as_json(self) -> dict[str, object]:
        """As it stands in prepared.json."""
        names = ("clips", "people", "seconds")
        splits = {split: dict(zip(names, self.of_split(split), strict=True)) for split in SPLITS}
        dropped = {why: {"tracks": count, "seconds": round(s, 2)} for why, (count, s) in self.dropped.items()}
        lists = {"broken": self.broken, "without_face": self.without_face}
        films = [asdict(record) for record in self.records]
        return {"splits": splits, "labelled": self.labelled, "dropped": dropped, **lists, "films": films}


def write_tables(state: State, report: Report, source: str) -> None:
    """Write what all films' records add up to. source: what is said of the clips' origin."""
    labels = _write_labels(state, report.records) if report.labelled else None
    if labels is None:
        (state.out / "labels.npz").unlink(missing_ok=True)  # an earlier run's, for other rows
    ranges = [0.0 if labels is None else _yaw_range(labels, row) for row in range(len(report.clips))]
    rows = [
        _row(clip, source, turn, report.splits[clip.group]) for clip, turn in zip(report.clips, ranges, strict=True)
    ]
    _write_csv(state.out / "clips.csv", rows)
    write_json(state.out / "prepared.json", report.as_json())


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
    """Degrees between the 5th and the 95th percentile."""
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


def _write_csv(path: Path, rows: Sequence[dict[str, object]]) -> None:
    with beside(path) as hidden, hidden.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

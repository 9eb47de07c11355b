"""Preparation of one film: its face tracks as clips on disk, with labels and a record."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from x2face_core.data.preparing.cutting import Cut, Written, write_clips
from x2face_core.data.preparing.inputs import Film, folder_name
from x2face_core.data.preparing.labelling import Labeller, columns
from x2face_core.data.preparing.records import BROKEN, Clip, Dropped, Record, State, fatal, trouble_of
from x2face_core.data.preparing.tracks import FPS, SceneTrack, find_tracks, numbered
from x2face_core.errors import MissingError
from x2face_core.media.boxes import Box

SHORTEST = 1.0  # seconds
SMALLEST = 80  # least side of a clip's square, in pixels of the film
SUREST = 0.5  # detector score that a track has to reach once
MESHED = 0.5  # least share of a clip's frames in which the face mesh finds the face, if labels are wanted

SHORT, SMALL, DOUBTFUL, UNMESHED = "too short", "too small", "doubtful", "no mesh"


@dataclass(frozen=True)
class FilmTask:
    """A film to process. record: result of an earlier run, or None"""

    film: Film
    out: Path
    landmarks: bool
    record: Record | None = None

    @property
    def due(self) -> bool:
        return self.record is None or (self.landmarks and not self.record.labelled)

    def perform(self) -> Record:
        """Cut out and label the film's tracks, skipping what an earlier run did; save the record.

        MissingError where the face mesh is not installed, as that is no fault of the film.
        """
        state = State(self.out)
        try:
            record = self.record or _cut(self.film, self.out)
            if self.landmarks and not record.labelled:
                record = _label(record, state)
        except MissingError:
            raise
        except BROKEN as error:
            record = Record(self.film.key, self.film.stamp, trouble=trouble_of(self.film.path, error))
        state.save(record)
        return record

    def lost(self) -> Record:
        """The record where the processes that performed this ended."""
        record = Record(self.film.key, self.film.stamp, trouble=fatal(self.film.path))
        State(self.out).save(record)
        return record


def _cut(film: Film, out: Path) -> Record:
    found = find_tracks(film.path)
    sure = [track for track in found.tracks if track.surest >= SUREST]
    dropped = [_dropped(track, DOUBTFUL, f"{track.surest:.2f}") for track in found.tracks if track.surest < SUREST]
    kept: list[tuple[int, SceneTrack, Box]] = []
    for number, track in numbered(sure):
        box = track.box().scaled(found.reduction)
        fault = _fault(track, box)
        if fault is None:
            kept.append((number, track, box))
        else:
            dropped.append(_dropped(track, *fault))
    clips = _write(film, out, kept)
    return Record(film.key, film.stamp, tuple(clips), tuple(dropped), round(found.frames / FPS, 2), found.cuts + 1)


def _write(film: Film, out: Path, kept: list[tuple[int, SceneTrack, Box]]) -> list[Clip]:
    folder = out / "clips" / folder_name(film.identity)
    paths = [folder / f"{film.name}_{at}.mp4" for at in range(len(kept))]
    for old in set(folder.glob("*.mp4")) - set(paths):  # of an earlier state of the film
        if re.fullmatch(re.escape(film.name) + r"_\d+\.mp4", old.name):
            old.unlink(missing_ok=True)
    cuts = [Cut(path, track.start, track.end, box) for path, (_, track, box) in zip(paths, kept, strict=True)]
    written = write_clips(film.path, cuts) if cuts else []
    entries = zip(paths, kept, written, strict=True)
    return [_clip(film, path, *entry, done) for path, entry, done in entries if done.frames]


def _fault(track: SceneTrack, box: Box) -> tuple[str, str] | None:
    seconds = (track.end - track.start) / FPS
    if seconds < SHORTEST:
        return SHORT, f"{seconds:.2f} s"
    if box.side < SMALLEST:
        return SMALL, f"{box.side:.0f} pixels"
    return None


def _dropped(track: SceneTrack, why: str, detail: str) -> Dropped:
    return Dropped(track.start / FPS, track.end / FPS, why, detail)


def _clip(film: Film, path: Path, number: int, track: SceneTrack, box: Box, done: Written) -> Clip:
    identity = film.identity if number == 0 else f"{film.name}#{number + 1}"
    start, end = track.start / FPS, (track.start + done.frames) / FPS
    name = f"{path.parent.name}/{path.name}"
    return Clip(name, identity, film.identity, start, end, done.frames, done.sound, round(box.side))


@cache
def _labeller() -> Labeller:
    """One labeller for each process, as its mesh takes a second to start."""
    return Labeller()


def _label(record: Record, state: State) -> Record:
    """Label a film's clips; those in which the mesh finds the face too rarely are dropped."""
    kept, rows, dropped = [], [], list(record.dropped)
    for clip in record.clips:
        path = state.out / "clips" / clip.clip
        measured = _labeller().measure(path)
        share = len(measured) / clip.frames
        if share >= MESHED:
            kept.append(clip)
            rows.append(measured)
        else:
            dropped.append(Dropped(clip.start, clip.end, UNMESHED, f"in {share:.0%} of the frames"))
    if kept:
        state.save_labels(record.key, columns(rows))
    for clip in set(record.clips) - set(kept):
        (state.out / "clips" / clip.clip).unlink(missing_ok=True)
    return replace(record, clips=tuple(kept), dropped=tuple(dropped), labelled=True)

"""Packet timestamps of a file: from its index if that is complete, else by demuxing the whole file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from x2face_core.media.clocks import GAP, Timestamps
from x2face_core.media.opening import opened

Track = VideoStream | AudioStream

_LONGEST_SOUND = 30.0  # seconds of sound in a packet: Monkey's Audio has up to 27


@dataclass(frozen=True)
class FileTimestamps:
    """Timestamps of a file's film and sound."""

    film: Timestamps = field(default_factory=Timestamps)
    sound: Timestamps = field(default_factory=Timestamps)


def indexed(
    file: InputContainer, film: VideoStream | None, sound: AudioStream | None, begin: float | None
) -> FileTimestamps | None:
    """Timestamps from the index of an .mp4, without reading its packets; None if it is incomplete or has jumps.

    begin: presentation time of the first frame; the index has decoding times
    """
    if film is None or begin is None or not file.format.name.startswith("mov,"):
        return None
    film_times, sound_times = _entries(film, begin), Timestamps() if sound is None else _entries(sound)
    if film_times is None or sound_times is None or max(len(film_times.segments()), len(sound_times.segments())) > 1:
        return None
    return FileTimestamps(film_times, sound_times)


def _entries(track: Track, begin: float | None = None) -> Timestamps | None:
    entries = track.index_entries
    if len(entries) < 2 or len(entries) != track.frames or any(entry.is_discard for entry in entries):
        return None
    times = np.array([entry.timestamp for entry in entries]) * float(track.time_base or 0)
    steps = np.append(np.diff(times), times[-1] - times[-2])
    late = 0.0 if begin is None else begin - times[0]
    return Timestamps.of(np.stack([times + late, steps], axis=1), GAP)


def read_timestamps(path: str | Path, film: VideoStream | None, sound: AudioStream | None) -> FileTimestamps:
    """Timestamps of all packets, as far as the file can be read."""
    wanted = [track.index for track in (film, sound) if track is not None]
    rows: dict[int, list[tuple[float, float]]] = {number: [] for number in wanted}
    counts = dict.fromkeys(wanted, 0)
    with opened(path) as file:
        tracks = [file.streams[number] for number in wanted]
        bases = {track.index: float(track.time_base or 0) for track in tracks}
        for packet in _packets(file, tracks):
            number = packet.stream_index
            counts[number] += 1
            time = packet.pts if packet.pts is not None else packet.dts
            if time is not None:
                rows[number].append((time * bases[number], (packet.duration or 0) * bases[number]))
    return FileTimestamps(
        Timestamps.of(rows[film.index], GAP, counts[film.index]) if film is not None else Timestamps(),
        Timestamps.of(rows[sound.index], _LONGEST_SOUND, counts[sound.index]) if sound is not None else Timestamps(),
    )


def _packets(file: InputContainer, tracks: Sequence[Any]) -> Iterator[Packet[Any]]:
    """Packets that are to be decoded and shown, up to the end of the file or the first read error."""
    packets = file.demux(*tracks)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, FFmpegError):
            return
        if packet.size and not packet.is_discard:
            yield packet

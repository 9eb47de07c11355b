"""Writing films and folders of pictures frame by frame, atomically."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np

from x2face_core.errors import InputError, UsageError
from x2face_core.files.faults import writing
from x2face_core.files.placing import atomic_file, atomic_folder, refuse_others, resolved
from x2face_core.media.containers import Plan, write_mp4, write_webm
from x2face_core.media.gifs import write_gif
from x2face_core.media.images import save_picture
from x2face_core.media.pictures import Picture
from x2face_core.media.sound import sound_channels
from x2face_core.media.working import Outcome, in_thread
from x2face_core.media.xmp import KEY as XMP
from x2face_core.media.xmp import append_to_film

_WRITERS: dict[str, Callable[[Path, Iterator[Picture], Plan], int]] = {
    ".mp4": write_mp4,
    ".webm": write_webm,
    ".gif": write_gif,
}
_SOUNDLESS = {".gif"}


def write_film(
    path: str | Path,
    frames: Iterable[Picture],
    fps: float,
    *,
    sound: str | Path | None = None,
    sound_track: int | None = None,
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = True,
    seal: Callable[[Path], None] | None = None,
) -> int:
    """Write frames as .mp4, .webm or .gif, by suffix; return the number of frames written.

    frames: all of one size; odd sizes get their last row or column twice where the format needs even ones
    sound: a file whose sound is cut to the film's length (left out of .gif); sound_track: as in read_sound
    metadata: texts such as title and comment; an XMP packet (media.xmp.KEY) is appended to .mp4 and .gif
    overwrite: replace a file that is there when the film is done; else that is a UsageError
    seal: called with the complete film before it appears under its name, to sign it in place
    The film appears under its name only when it is whole. Ctrl-C while frames are made: what was done becomes a
    playable film and KeyboardInterrupt goes on; any other exception leaves nothing. Makes no folders.
    UsageError for an unknown suffix or an unwritable target; InputError for a sound that cannot be read or
    where there is no frame.
    """
    target = Path(path)
    write = _WRITERS.get(target.suffix.lower())
    if write is None:
        raise UsageError(
            f"{path}: films are not written as {target.suffix or 'a name without suffix'}; use .mp4, .webm or .gif."
        )
    voice = None if sound is None or target.suffix.lower() in _SOUNDLESS else Path(sound)
    channels = sound_channels(voice, sound_track) if voice is not None else 0
    first, rest = _started(path, frames)
    texts = dict(metadata or {})
    xmp = texts.pop(XMP, None)
    plan = Plan(first.shape[1], first.shape[0], fps, voice, channels, texts, sound_track)
    with atomic_file(target, overwrite=overwrite) as hidden:
        outcome = in_thread(_refusable(target, lambda pictures: write(hidden, pictures, plan)), rest)
        if xmp is not None:
            with writing(target):
                append_to_film(hidden, xmp)
        if seal is not None:
            seal(hidden)
    return _counted(outcome)


def write_folder(
    path: str | Path,
    frames: Iterable[Picture],
    *,
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = True,
    seal: Callable[[Path], None] | None = None,
) -> int:
    """Write frames as 000000.png, 000001.png, … to a folder, atomically; Ctrl-C as in write_film.

    overwrite: replace such pictures that the folder holds; else that is a UsageError, as is a folder with other files
    seal: called with each complete picture
    """
    target = resolved(path)
    if target.is_file():
        raise UsageError(f"{path}: is a file, and a folder is to be written; choose another output.")
    if target.is_dir():
        with writing(path):
            refuse_others(target)
    rest = _started(path, frames)[1]
    with atomic_folder(path, overwrite=overwrite) as hidden:
        outcome = in_thread(
            _refusable(target, lambda pictures: _write_pictures(hidden, pictures, metadata, seal)), rest
        )
    return _counted(outcome)


def _counted(outcome: Outcome) -> int:
    """Number of frames written. Raises the KeyboardInterrupt that shortened the film, after it was kept."""
    if outcome.interrupted is not None:
        raise outcome.interrupted
    return outcome.count


def _refusable(target: Path, write: Callable[[Iterator[Picture]], int]) -> Callable[[Iterator[Picture]], int]:
    """Wrap a writer so that errors of the system, also those from PyAV, become a UsageError."""

    def attempt(pictures: Iterator[Picture]) -> int:
        with writing(target):
            return write(pictures)

    return attempt


def _write_pictures(
    folder: Path,
    pictures: Iterator[Picture],
    metadata: Mapping[str, str] | None,
    seal: Callable[[Path], None] | None,
) -> int:
    count = 0
    for count, picture in enumerate(pictures, start=1):
        path = folder / f"{count - 1:06d}.png"
        save_picture(path, picture, metadata)
        if seal is not None:
            seal(path)
    return count


def _started(path: str | Path, frames: Iterable[Picture]) -> tuple[Picture, Iterator[Picture]]:
    """The first frame, and all frames, checked and copied, as the producer may reuse its buffers."""
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise InputError(f"{path}: there is not one frame to write.")
    return first, (_checked(frame, first.shape) for frame in chain([first], rest))


def _checked(frame: Picture, shape: tuple[int, ...]) -> Picture:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape != shape or shape[2] != 3:
        raise ValueError(f"frames must be uint8 {shape}, found {frame.dtype} {frame.shape}")
    return np.array(frame, order="C")

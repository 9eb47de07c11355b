"""Writing films, one frame at a time: they appear under their name when they are whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from x2face_core.errors import InputError, UsageError
from x2face_core.media.containers import Plan, write_mp4, write_webm
from x2face_core.media.gifs import write_gif
from x2face_core.media.images import write_picture
from x2face_core.media.pictures import Picture
from x2face_core.media.placing import beside
from x2face_core.media.sound import sound_channels
from x2face_core.media.working import in_thread

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
    metadata: Mapping[str, str] | None = None,
) -> int:
    """Write frames as .mp4, .webm or .gif, by suffix; answers how many were written.

    frames: all of one size; odd sizes get their last row or column twice where the format needs even ones
    sound: a file whose sound is cut to the film's length (left out of .gif)
    metadata: texts such as title and comment
    The film appears under its name only when it is whole. Ctrl-C while frames are made: what was done becomes a
    playable film and KeyboardInterrupt goes on; any other exception leaves nothing. Replaces an existing file; makes no
    folders. UsageError for an unknown suffix or a place that cannot be written to; InputError for a sound that cannot
    be read or where there is no frame.
    """
    place = Path(path)
    write = _WRITERS.get(place.suffix.lower())
    if write is None:
        raise UsageError(
            f"{path}: films are not written as {place.suffix or 'a name without suffix'}; use .mp4, .webm or .gif."
        )
    voice = None if sound is None or place.suffix.lower() in _SOUNDLESS else Path(sound)
    channels = sound_channels(voice) if voice is not None else 0
    first, rest = _started(path, frames)
    plan = Plan(first.shape[1], first.shape[0], fps, voice, channels, dict(metadata or {}))
    return _written(place, lambda hidden, pictures: write(hidden, pictures, plan), rest)


def write_folder(path: str | Path, frames: Iterable[Picture], *, metadata: Mapping[str, str] | None = None) -> int:
    """Write frames as 000000.png, 000001.png, … in a folder that appears when done; Ctrl-C as in write_film.

    Replaces an existing folder only if it is empty or holds nothing but such pictures, else UsageError.
    """
    place = Path(path)
    _refuse_other_files(place)
    return _written(
        place, lambda hidden, pictures: _write_pictures(hidden, pictures, metadata), _started(path, frames)[1]
    )


def _written(place: Path, write: Callable[[Path, Iterator[Picture]], int], frames: Iterator[Picture]) -> int:
    """Run a writer beside its place; a film that Ctrl-C made shorter is kept before the interrupt goes on."""
    with beside(place) as hidden:
        outcome = in_thread(partial(_guarded, write, place, hidden), frames)
    if outcome.interrupted is not None:
        raise outcome.interrupted
    return outcome.count


def _guarded(
    write: Callable[[Path, Iterator[Picture]], int], place: Path, hidden: Path, frames: Iterator[Picture]
) -> int:
    try:
        return write(hidden, frames)
    except OSError as error:  # PyAV's too, where the system has the say
        raise UsageError(f"{place}: cannot be written ({error.strerror or error}); choose another output.") from error


def _write_pictures(folder: Path, pictures: Iterator[Picture], metadata: Mapping[str, str] | None) -> int:
    folder.mkdir()
    count = 0
    for count, picture in enumerate(pictures, start=1):
        write_picture(folder / f"{count - 1:06d}.png", picture, metadata)
    return count


def _refuse_other_files(place: Path) -> None:
    if not place.exists():
        return
    if not place.is_dir():
        raise UsageError(f"{place}: is a file, and a folder is to be written; choose another output.")
    strange = next((file.name for file in place.iterdir() if not re.fullmatch(r"\d{6,}\.png", file.name)), None)
    if strange is not None:
        raise UsageError(f"{place}: holds other files ({strange}) and is not replaced; choose another folder.")


def _started(path: str | Path, frames: Iterable[Picture]) -> tuple[Picture, Iterator[Picture]]:
    """The first frame, and all of them, each looked at and copied: the maker may use its memory again."""
    rest = iter(frames)
    first = next(rest, None)
    if first is None:
        raise InputError(f"{path}: there is not one frame to write.")
    return first, (_checked(frame, first.shape) for frame in chain([first], rest))


def _checked(frame: Picture, shape: tuple[int, ...]) -> Picture:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape != shape or shape[2] != 3:
        raise ValueError(f"frames must be uint8 {shape}, found {frame.dtype} {frame.shape}")
    return np.array(frame, order="C")

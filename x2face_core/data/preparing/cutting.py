"""Writing face tracks as clips: a fixed square, 256 pixels a side, 25 frames a second, sound at 16 kHz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from x2face_core.data.preparing.tracks import FPS
from x2face_core.errors import InputError
from x2face_core.files.placing import atomic_file
from x2face_core.media.boxes import Box, crop
from x2face_core.media.opening import created
from x2face_core.media.pictures import Picture
from x2face_core.media.sound import has_sound, read_sound_blocks
from x2face_core.media.video import read_frames

SIDE = 256
RATE = 16_000
SAMPLES = 640  # sound samples for each frame: RATE / FPS
_QUIET = 1e-4  # peak below which a clip counts as silent

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Cut:
    """A clip to be written: frames start … end - 1 of the film, cropped to `box`."""

    path: Path
    start: int
    end: int
    box: Box


@dataclass(frozen=True)
class Written:
    """A written clip: number of frames, and whether it has sound."""

    frames: int
    sound: bool


def write_clips(film: Path, cuts: Sequence[Cut]) -> list[Written]:
    """Write all clips of a film in one pass, each atomically."""
    waiting = sorted(cuts, key=lambda cut: cut.start)
    done: dict[Path, Written] = {}
    last = max((cut.end for cut in cuts), default=0)
    sound = _blocks(film)
    first = next(sound, None)
    with ExitStack() as whole:
        writing: list[_Writer] = []
        for number, picture in enumerate(read_frames(film, FPS)):
            block = first if number == 0 else next(sound, None)
            while waiting and waiting[0].start <= number:
                writing.append(_Writer(waiting.pop(0), whole, has_sound=first is not None))
            for writer in writing:
                writer.take(picture, block)
            for writer in [writer for writer in writing if number + 1 >= writer.cut.end]:
                done[writer.cut.path] = writer.close()
                writing.remove(writer)
            if number + 1 >= last:
                break
        done |= {writer.cut.path: writer.close() for writer in writing}
    return [done.get(cut.path, Written(0, False)) for cut in cuts]


def _blocks(film: Path) -> Iterator[Samples]:
    """The film's sound in blocks of one frame; none if there is no sound or it cannot be decoded."""
    if has_sound(film):
        try:
            yield from read_sound_blocks(film, RATE, SAMPLES / RATE)
        except InputError:
            return


class _Writer:
    """Encodes one clip to a temporary file."""

    def __init__(self, cut: Cut, whole: ExitStack, *, has_sound: bool) -> None:
        self.cut = cut
        cut.path.parent.mkdir(parents=True, exist_ok=True)
        self._place = ExitStack()
        whole.push(self._place.__exit__)  # removes the temporary file on errors
        hidden = self._place.enter_context(atomic_file(cut.path))
        self._out = self._place.enter_context(created(hidden, "mp4"))
        self._film = self._out.add_stream("libx264", rate=int(FPS), options={"preset": "fast", "crf": "20"})
        self._film.width = self._film.height = SIDE
        self._film.pix_fmt = "yuv420p"
        self._film.codec_context.thread_count = 1
        self._sound_stream = self._out.add_stream("aac", rate=RATE, layout="mono") if has_sound else None
        self._count, self._loudest = 0, 0.0

    def take(self, picture: Picture, block: Samples | None) -> None:
        """Encode one frame of the film with its block of sound."""
        frame = VideoFrame.from_ndarray(crop(picture, self.cut.box, SIDE), format="rgb24")
        frame.pts, frame.time_base = self._count, Fraction(1, int(FPS))
        self._out.mux(self._film.encode(frame))
        if self._sound_stream is not None:
            samples = np.zeros(0, np.float32) if block is None else block
            self._out.mux(self._sound_stream.encode(self._sound_frame(samples)))
        self._count += 1

    def _sound_frame(self, block: Samples) -> AudioFrame:
        samples = np.zeros((1, SAMPLES), np.float32)
        samples[0, : block.size] = block
        self._loudest = max(self._loudest, float(np.abs(samples).max()))
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._count * SAMPLES, Fraction(1, RATE)
        return frame

    def close(self) -> Written:
        """Finish the file and move it to its name."""
        self._out.mux(self._film.encode(None))
        if self._sound_stream is not None:
            self._out.mux(self._sound_stream.encode(None))
        self._place.close()
        return Written(self._count, self._sound_stream is not None and self._loudest > _QUIET)

"""The driver: maps a recording to offsets from its first moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from x2face_plugins import Chunk, Source

from x2face_gamepad.recording import read_recording

if TYPE_CHECKING:
    from x2face_gamepad.settings import Settings


class GamepadDriver:
    """Yields the whole recording as one chunk; a long one should be yielded in pieces."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.recording = read_recording(settings.input)

    def drive(self, source: Source) -> Iterator[Chunk]:
        """(n, 128) offsets at the frame rate of the film; the first row is 0."""
        vectors = source.mapping("gamepad").write(self.recording.at(source.fps))
        yield Chunk(self.settings.gain * (vectors - vectors[:1]), fps=source.fps)

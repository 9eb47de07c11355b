"""The audio driver: speech features mapped to driving vectors, relative to those of silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from x2face_audio.mapping import AudioMapping
from x2face_audio.settings import MICROPHONE
from x2face_audio.sync.features import AudioFeatures, stream
from x2face_audio.sync.sounds import Samples
from x2face_plugins import Chunk, InputError, MissingError, Source
from x2face_plugins.media import has_sound, read_sound_blocks, sound_notes, sound_seconds
from x2face_plugins.smoothing import smoothed

if TYPE_CHECKING:
    from x2face_audio.settings import Settings

BLOCK = 25  # feature vectors computed at once
LIVE_BLOCK = 2
SMOOTH = 0.8  # frames
SILENT = 1e-4  # of full scale
GAIN = 1.2
"""In addition to the mapping's `spread`: the decoder opens mouths less than the vector says."""


class AudioDriver:
    """Offsets f(a) - f(silence) (paper 4.2, with the signs of the released code); the host keeps the pose."""

    relative = True

    def __init__(self, settings: Settings) -> None:
        settings.refuse(("rest", "fps"), "features (.npz, .npy or a folder)", "sound")
        if settings.input == MICROPHONE:
            settings.refuse(("track",), "a file with sound", "a microphone")
        else:
            settings.refuse(("device",), "mic", "a file")
        self.settings = settings
        self.smooth = SMOOTH if settings.smooth is None else settings.smooth
        self.live = self.endless = settings.input == MICROPHONE
        self.holds = ("pose",) if settings.correction == "held" else ()
        self.sound: Path | None = None
        self.sound_track = settings.track
        self.frames: int | None = None
        self.warnings: list[str] = []
        if not self.live:
            path = Path(settings.input)
            if not path.is_file():
                raise InputError(f"{path}: there is no such file; --audio takes a file with sound, or mic.")
            if not has_sound(path, settings.track):
                raise InputError(f"{path}: has no sound that can be read; --audio takes a file with sound, or mic.")
            self.sound = path

    def drive(self, source: Source) -> Iterator[Chunk]:
        mapping = source.mapping("audio")
        if not isinstance(mapping, AudioMapping):
            raise MissingError("The mapping audio is not this driver's own; `x2face fit audio` fits that.")
        extractor = mapping.features
        silence = mapping.write(silent(extractor))
        if self.sound is not None:
            self.warnings += [f"{self.sound}: {note}." for note in sound_notes(self.sound, self.sound_track)]
            if seconds := sound_seconds(self.sound, self.sound_track):
                self.frames = max(1, round(seconds * extractor.fps))
        features = stream(self._blocks(extractor), extractor, LIVE_BLOCK if self.live else BLOCK)
        offsets = (self._offset(mapping, row, silence, source) for row in features)
        for rows in smoothed(offsets, self.smooth):
            yield Chunk(rows, float(extractor.fps))

    def _blocks(self, extractor: AudioFeatures) -> Iterator[Samples]:
        if self.live:
            from x2face_audio.microphone import listen

            return listen(self.settings.device, extractor.rate)
        return self._warned_if_silent(read_sound_blocks(self.settings.input, extractor.rate, track=self.sound_track))

    def _warned_if_silent(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        """Pass the blocks on; adds a warning if all of them are silent."""
        loudest = 0.0
        for block in blocks:
            loudest = max(loudest, float(np.abs(block).max(initial=0)))
            yield block
        if loudest < SILENT:
            self.warnings.append(f"{self.sound}: is silent from beginning to end, so nothing moved.")

    def _offset(self, mapping: AudioMapping, features: Tensor, silence: Tensor, source: Source) -> Tensor:
        moved = mapping.write(features)
        offset = self.settings.gain * GAIN * float(mapping.spread) * (moved - silence)
        if self.settings.correction == "paper":
            offset = offset + printed_correction(moved, source)
        return offset


def silent(features: AudioFeatures) -> Tensor:
    """(1, dim) features of silence, in place of the source's own sound (a_s in paper 4.2), which photographs lack."""
    return features(np.zeros(features.window, np.float32))


def printed_correction(moved: Tensor, source: Source) -> Tensor:
    """The last term of the printed equation, f_pv(p_audio - p_s); its sign contradicts the text of the paper."""
    pose = source.factor("pose")
    turned = pose.read(moved) - pose.read(source.vector[None])
    return pose.write(turned) - pose.write(torch.zeros(1, 3))

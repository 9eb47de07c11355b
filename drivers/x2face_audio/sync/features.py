"""Feature extractors: streaming sound to feature vectors at a fixed rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from x2face_audio.sync.networks import REACH, AudioEncoder, Context
from x2face_audio.sync.sounds import CENTRE, FPS, RATE, ROWS, WINDOW, Samples, mfcc, windows


class AudioFeatures(Protocol):
    """Interface of a feature extractor, such as SyncFeatures, or a wrapper of another speech model.

    rate: samples a second of its input
    fps: features a second; rate / fps must be an integer
    window: receptive field in samples; centre: index in the window of the time of the feature
    """

    @property
    def rate(self) -> int: ...
    @property
    def fps(self) -> int: ...
    @property
    def window(self) -> int: ...
    @property
    def centre(self) -> int: ...

    def __call__(self, samples: Samples) -> Tensor:
        """(window + (n - 1) * rate // fps,) samples in [-1, 1] to features (n, dim)."""
        ...


class SyncFeatures:
    """Features (n, 256) of the audio stream from 0.2 s of MFCC, non-negative (paper 4.2)."""

    rate, fps, window, centre = RATE, FPS, WINDOW, CENTRE

    def __init__(self, encoder: AudioEncoder) -> None:
        self.encoder = encoder.eval()

    @torch.no_grad()
    def __call__(self, samples: Samples) -> Tensor:
        rows = mfcc(samples)
        starts = np.arange(0, len(rows) - ROWS + 1, 100 // FPS)
        found: Tensor = self.encoder(torch.from_numpy(windows(rows, starts)))
        return found.float()


class SpeechFeatures:
    """Features (n, 128) with a context of 13 moments (0.7 s of sound), non-negative."""

    rate, fps = RATE, FPS
    window = WINDOW + 2 * REACH * (RATE // FPS)
    centre = CENTRE + REACH * (RATE // FPS)

    def __init__(self, encoder: AudioEncoder, context: Context) -> None:
        self.moments = SyncFeatures(encoder)
        self.context = context.eval()

    @torch.no_grad()
    def __call__(self, samples: Samples) -> Tensor:
        found: Tensor = self.context(self.moments(samples)[None])[0]
        return found.float()


def moments_with_context(sound: Samples, encoder: AudioEncoder) -> Tensor:
    """(n + 12, 256) of the audio stream, for the n moments that `stream` makes of a sound and six on either side."""
    hop = RATE // FPS
    count, lead = max(1, round(len(sound) / hop)), SpeechFeatures.centre - hop // 2
    needed = (count - 1) * hop + SpeechFeatures.window
    padded = np.pad(sound, (lead, max(0, needed - lead - len(sound))))[:needed]
    return SyncFeatures(encoder)(padded)


def stream(blocks: Iterable[Samples], features: AudioFeatures, size: int = 25) -> Iterator[Tensor]:
    """Blocks of sound of any length to features (n, dim), about `size` at a time, in constant memory.

    Feature k is at (k + 0.5) / fps seconds, in the middle of frame k. The sound is padded with silence to give
    round(seconds * fps) features, at least one.
    """
    hop = features.rate // features.fps
    waiting = np.zeros(features.centre - hop // 2, np.float32)
    received = yielded = 0
    for block in blocks:
        received += len(block)
        waiting = np.concatenate([waiting, block])
        ready = (len(waiting) - features.window) // hop + 1
        if ready >= size:
            yield features(waiting[: (ready - 1) * hop + features.window])
            waiting, yielded = waiting[ready * hop :], yielded + ready
    rest = max(1, round(received / hop)) - yielded
    if rest > 0:
        needed = (rest - 1) * hop + features.window
        waiting = np.pad(waiting, (0, max(0, needed - len(waiting))))
        yield features(waiting[:needed])

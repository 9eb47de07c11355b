"""Feature extractors: sound, as it streams in, to a fixed number of feature vectors a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from x2face_audio.sync.networks import REACH, AudioEncoder, Context
from x2face_audio.sync.sounds import CENTRE, FPS, RATE, ROWS, WINDOW, Samples, mfcc, windows


class AudioFeatures(Protocol):
    """Turns sound into features; SyncFeatures here, a stranger's SyncNet or speech model elsewhere.

    rate: samples a second that it reads
    fps: features a second; rate / fps is a whole number of samples
    window: samples that one feature sees; centre: which of them its moment is at
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
        """(window + (n - 1) * rate // fps,) samples in [-1, 1] to (n, numbers a feature), a feature a window."""
        ...


class SyncFeatures:
    """The audio stream's last layer on 0.2 s of MFCC, 256 numbers, none negative (paper 4.2)."""

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
    """Features of 13 moments in a row to one of the middle one, which sees 0.7 s of sound; none is negative."""

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


def stream(blocks: Iterable[Samples], features: AudioFeatures, size: int = 25) -> Iterator[Tensor]:
    """Sound in blocks of any length to features (n, numbers a feature), about `size` at a time, in constant memory.

    Feature k is at (k + 0.5) / fps seconds, in the middle of film frame k; silence stands before and after the sound,
    so that there are round(seconds * fps) of them, one at least.
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

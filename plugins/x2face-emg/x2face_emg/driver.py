"""The driver: maps the activity in a recording to offsets from the face at rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from x2face_plugins import Chunk, Source

from x2face_emg.envelopes import activity
from x2face_emg.recording import read_recording
from x2face_emg.settings import CHANNELS

if TYPE_CHECKING:
    from x2face_emg.settings import Settings

BATCH = 256


class EmgDriver:
    """Offsets f(activity) - f(0), where activity is relative to the quietest second of the recording.

    frames: number of rows; warnings: columns and muscles without effect
    """

    relative = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.recording = read_recording(settings.input)
        self.frames: int | None = None
        self.warnings = _ignored(self.recording.ignored)

    def drive(self, source: Source) -> Iterator[Chunk]:
        """(n, 128) offsets at the frame rate of the film."""
        fps = source.fps
        self.frames = max(1, math.floor(self.recording.lasts * fps + 1e-6))
        moments = self.recording.seconds[0] + np.arange(self.frames) / fps
        values = torch.from_numpy(activity(self.recording, moments, fps)).float()
        mapping = source.mapping("emg")
        self.warnings += _differing_muscles(getattr(mapping, "learned", None), set(self.recording.signals))
        resting = mapping.write(torch.zeros(1, len(CHANNELS)))
        for start in range(0, self.frames, BATCH):
            yield Chunk(self.settings.gain * (mapping.write(values[start : start + BATCH]) - resting), fps)


def _ignored(columns: tuple[str, ...]) -> list[str]:
    return [f"The columns {', '.join(columns)} are no muscles that emg knows, and move nothing."] if columns else []


def _differing_muscles(learned: torch.Tensor | None, recorded: set[str]) -> list[str]:
    """Warnings if the recording has other muscles than the training data.

    learned: (k,), whether each muscle was in the training data; None: unknown
    """
    if learned is None:
        return []
    known = {name for name, learned_it in zip(CHANNELS, learned.tolist(), strict=True) if learned_it}
    warnings = {"moves nothing, as no film that was learned from had it": recorded - known,
            "was learned from and is not in the recording; the rest is less sure": known - recorded}  # fmt: skip
    return [f"The muscle {name} {what}." for what, names in warnings.items() for name in sorted(names)]

"""The audio driver for precomputed features, as in the released notebook (Audio2Face.ipynb)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from x2face_audio.driver import BLOCK, printed_correction
from x2face_audio.feature_files import read_features
from x2face_audio.feature_mapping import FeatureMapping
from x2face_plugins import Chunk, MissingError, Source, UsageError
from x2face_plugins.smoothing import smoothed

if TYPE_CHECKING:
    from x2face_audio.settings import Settings

FPS = 25.0


class FeatureDriver:
    """Offsets f(a) - f(a_source), by default without gain and smoothing; the host keeps the pose.

    With the pose kept by the host, v = s + o + g(p(s)) - g(p(s + o)), where p reads and g writes the pose, as in the
    released code.
    """

    relative = True

    def __init__(self, settings: Settings) -> None:
        settings.refuse(("device",), "mic", "features")
        settings.refuse(("track",), "a file with sound", "features")
        self.settings = settings
        self.features = read_features(Path(settings.input))
        self.holds = ("pose",) if settings.correction == "held" else ()
        self.frames = len(self.features)
        self.warnings: list[str] = []
        self.rest = self._rest()

    def _rest(self) -> Tensor:
        """(1, 256) features of the source's own sound (a_source in paper 4.2)."""
        if self.settings.rest is not None:
            return read_features(self.settings.rest).mean(0, keepdim=True)
        if self.frames == 1:
            raise UsageError(
                f"--audio {self.settings.input}: one row of features alone moves nothing; "
                "--audio-rest FILE gives those that belong to the source's picture."
            )
        self.warnings.append(
            f"{self.settings.input}: the mean of its {self.frames} rows stands for the source's own sound; "
            "--audio-rest FILE gives the features that belong to the source's picture."
        )
        return self.features.mean(0, keepdim=True)

    def drive(self, source: Source) -> Iterator[Chunk]:
        mapping = source.mapping("audio_features")
        if not isinstance(mapping, FeatureMapping):
            raise MissingError(
                "The mapping audio_features is not this driver's own; `x2face fit audio_features` fits that."
            )
        resting = mapping.write(self.rest)
        offsets = (self._offset(mapping.write(rows), resting, source) for rows in torch.split(self.features, BLOCK))
        for rows in smoothed(offsets, self.settings.smooth or 0.0):
            yield Chunk(rows, self.settings.fps or FPS)

    def _offset(self, moved: Tensor, resting: Tensor, source: Source) -> Tensor:
        offset = self.settings.gain * (moved - resting)
        return offset + printed_correction(moved, source) if self.settings.correction == "paper" else offset

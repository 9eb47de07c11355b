"""The mapping `audio`: features of speech to driving vectors, by regression (paper 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from x2face_audio.regression import SufficientStatistics, fit_best
from x2face_audio.settings import FEATURES
from x2face_audio.sync.augmentation import AudioAugmentation
from x2face_audio.sync.context_fitting import Spoken, fit_context
from x2face_audio.sync.features import SpeechFeatures, moments_with_context
from x2face_audio.sync.measures import measures_of
from x2face_audio.sync.networks import REACH, AudioEncoder, Context, SyncDims
from x2face_audio.sync.sounds import Samples
from x2face_audio.sync.weights import load_sync
from x2face_plugins import FilmEncoder, InputError
from x2face_plugins.media import read_sound_blocks
from x2face_plugins.tracks import Clip, FaceFolder

SOUND_VERSIONS = 2
"""Versions of each clip's sound: the recorded one, then augmented ones (rooms, noise, codecs)."""


class AudioMapping:
    """v = W a + b, where a are 128 speech features; it includes the encoder that computes them.

    Fitted to deviations from the mean of each clip, so that identity and light do not matter.
    """

    def __init__(self) -> None:
        dims = SyncDims(context=FEATURES)
        self.encoder, self.context = AudioEncoder(dims), Context(dims)
        self.weight, self.bias = torch.zeros(FEATURES, 128), torch.zeros(128)
        self.spread = torch.ones(())
        self._versions = 1

    @property
    def features(self) -> SpeechFeatures:
        """The feature extractor for `write`."""
        return SpeechFeatures(self.encoder, self.context)

    def write(self, values: Tensor) -> Tensor:
        """(n, 128) features to driving vectors (n, 128)."""
        return values @ self.weight + self.bias

    def examples(self, folder: Path, film: FilmEncoder) -> Iterator[tuple[Tensor, Tensor]]:
        """A pair for each training person from all clips with sound in sync, with the default sync encoder.

        The rows of the recorded sound come first, then as many of each augmented version. Where the folder has labels,
        the encoder's temporal context is first fitted to the mouths of these people.
        """
        tracks, self._versions = FaceFolder(folder), SOUND_VERSIONS
        networks, _ = load_sync()
        self.encoder, self.context = networks.audio.eval(), networks.context.eval()
        people: dict[str, list[Clip]] = {}
        for clip in tracks.of_split("train"):
            if clip.sound and clip.frames >= 8:
                people.setdefault(clip.identity, []).append(clip)
        if not people:
            raise InputError(f"{folder}: no training clip of its clips.csv has sound in sync with the lips.")
        spoken = self._spoken(tracks, [clip for clips in people.values() for clip in clips])
        self.context = fit_context(list(spoken.values()), networks.dims) or self.context
        for clips in people.values():
            versions = zip(*(self._pairs(clip, spoken[clip.row], film) for clip in clips), strict=True)
            pairs = [pair for version in versions for pair in version]
            yield _together([a for a, _ in pairs]), _together([v for _, v in pairs])

    def _spoken(self, tracks: FaceFolder, clips: Sequence[Clip]) -> dict[int, Spoken]:
        """By a clip's row: the features of each version of its sound, and the labels of its mouth."""
        counts = [clip.frames for clip in clips]
        measures = torch.split(measures_of(tracks, clips, torch.tensor(counts)), counts)
        found = {}
        for clip, measured in zip(clips, measures, strict=True):
            sounds = sound_versions(np.concatenate(list(read_sound_blocks(clip.path))), clip.row)
            versions = tuple(moments_with_context(sound, self.encoder).half() for sound in sounds)
            found[clip.row] = Spoken(clip.identity, versions, measured[: len(versions[0]) - 2 * REACH])
        return found

    @torch.no_grad()
    def _pairs(self, clip: Clip, spoken: Spoken, film: FilmEncoder) -> Iterator[tuple[Tensor, Tensor]]:
        """The clip's vectors, paired with the features of each version of its sound."""
        vectors, _ = film(clip.path)
        for moments in spoken.versions:
            features = self.context(moments.float()[None])[0]
            frames = min(len(vectors), len(features))
            yield features[:frames], vectors[:frames]

    def fit(self, examples: Iterable[tuple[Tensor, Tensor]]) -> Mapping[str, Any]:
        """Ridge regression of low rank; each pair is one person, and ridge and rank are chosen by cross-validation.

        "r": correlation with vectors of held-out people along the first direction of the prediction, for recorded sound
        "spread": ratio of their true to the predicted standard deviation along it; the driver multiplies by it
        """
        people, recorded, means = [], [], []
        for values, vectors in examples:
            x, y = values.double().numpy(), vectors.double().numpy()
            people.append(SufficientStatistics.of(x, y))
            recorded.append(SufficientStatistics.of(x[: len(x) // self._versions], y[: len(y) // self._versions]))
            means.append((values.mean(0), vectors.mean(0)))
        if not people:
            raise InputError("Nothing to fit the mapping audio to: there is no person with sound in sync.")
        found, figures = fit_best(people, recorded)
        self.weight = torch.from_numpy(found.weight).float()
        features, seen = (torch.stack(rows).mean(0) for rows in zip(*means, strict=True))
        self.bias = seen - features @ self.weight
        self.spread = torch.tensor(figures["spread"])
        return figures

    def state_dict(self) -> dict[str, Tensor]:
        networks = {
            f"{name}.{key}": value.half() if value.dim() >= 2 else value
            for name, network in (("encoder", self.encoder), ("context", self.context))
            for key, value in network.state_dict().items()
            if value.is_floating_point()
        }
        return networks | {"weight": self.weight, "bias": self.bias, "spread": self.spread}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        for name, network in (("encoder", self.encoder), ("context", self.context)):
            own = {key.removeprefix(f"{name}."): value.float() for key, value in state.items() if key.startswith(name)}
            network.load_state_dict(own, strict=False)
        self.weight, self.bias, self.spread = state["weight"], state["bias"], state["spread"]


def sound_versions(sound: Samples, seed: int, versions: int = SOUND_VERSIONS) -> Iterator[Samples]:
    """The recorded sound, then versions - 1 augmented versions of it, of the same pitch and speed."""
    rng = np.random.default_rng(seed)
    yield sound
    for _ in range(versions - 1):
        drawn = AudioAugmentation.drawn(rng)
        yield replace(drawn, pitch=1.0, speed=1.0).of(sound, rng)


def _together(clips: list[Tensor]) -> Tensor:
    """Concatenate a person's clips, each shifted to the person's mean, which removes differences in light and place."""
    mean = torch.cat(clips).mean(0)
    return torch.cat([clip - clip.mean(0) + mean for clip in clips])

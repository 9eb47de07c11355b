"""Evaluation of driving by speech: the mouth in generated films against the mouths of the speakers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.errors import MissingError
from x2face_core.pixels import to_tensor
from x2face_core.rendering.pipeline import animate
from x2face_core.sources.source import DriversByName, MappingsByName, Model
from x2face_lab.evaluation.offsets import SyncScorer
from x2face_lab.evaluation.readers import SETTLING, Reader
from x2face_lab.evaluation.tracks import one_each_in_turn, read_clip

CLIPS = 32
FACES = 8
LATEST = 5
"""Largest lag in frames that is tried."""
_MOVES = 0.01
"""Least standard deviation of the mouth opening of a speaker, in heights of the face."""
_LEAST = 8
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SpeechResult:
    """One clip's sound applied to a picture of another person; one row for each frame, NaN without a face.

    identity: of the speaker
    true, generated: (n,) mouth opening in the clip and in the generated film
    turned: (n, 3) difference of the head pose in degrees from that without sound
    offsets: frames by which the sound is late in the clip and in the film, by the sync encoder; None without it
    """

    identity: str
    true: Floats
    generated: Floats
    turned: Floats
    offsets: tuple[int, int] | None = None

    @property
    def moves(self) -> bool:
        """Whether the speaker's mouth moves enough to be compared."""
        return bool(np.isfinite(self.true).sum() >= _LEAST and np.nanstd(self.true) >= _MOVES)


def speakers(folder: FaceFolder, clips: Sequence[Clip], count: int = CLIPS) -> list[Clip]:
    """Clips in sync with the largest variation of mouth opening, people in turn; without labels, any clips."""
    with_sound = [clip for clip in clips if clip.sound]
    if not folder.has_labels:
        return list(one_each_in_turn(with_sound, count, lambda clip: 0.0))
    opening = folder.labels.expression[:, 0]
    rows = {clip.row: opening[folder.labels.clip == clip.row] for clip in with_sound}
    varied = {row: float(np.nanstd(values)) if np.isfinite(values).any() else 0.0 for row, values in rows.items()}
    return list(one_each_in_turn(with_sound, count, lambda clip: varied[clip.row]))


def measure_audio(
    model: Model,
    folder: FaceFolder,
    clips: Sequence[Clip],
    reader: Reader,
    load_mapping: MappingsByName,
    load_driver: DriversByName,
    *,
    listener: SyncScorer | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[SpeechResult]:
    """Apply the driver `audio` with default settings to the first frame of a clip of another person.

    MissingError if the mapping `audio` or `pose` is not fitted, or no clip has sound in sync.
    """
    chosen, films = speakers(folder, clips), []
    if not chosen:
        raise MissingError(f"{folder.path}: no such clip has sound in sync, as its clips.csv says.")
    for number, clip in enumerate(chosen):
        face = _other(clips, clip, number)
        animation = animate(
            model,
            face[None],
            [load_driver("audio", {"input": str(clip.path)})],
            load_mapping=load_mapping,
            load_driver=load_driver,
        )
        frames = to_tensor(frame.picture for frame in animation)
        films.append(_drive_by_speech(model, clip, face, frames, reader, listener))
        progress(number + 1, len(chosen))
    return films


def _other(clips: Sequence[Clip], clip: Clip, number: int) -> Tensor:
    """A picture (3, h, w) of another person than the speaker, if there is one."""
    people: dict[str, Clip] = {}
    for other in clips:
        people.setdefault(other.identity, other)
    others = [other for name, other in people.items() if name != clip.identity][:FACES] or [clip]
    return read_clip(others[number % len(others)].path, 1)[0]


@torch.inference_mode()
def _drive_by_speech(
    model: Model, clip: Clip, face: Tensor, frames: Tensor, reader: Reader, listener: SyncScorer | None
) -> SpeechResult:
    real = read_clip(clip.path, clip.frames)
    first_frame = model.render(model.embed(face[None]), model.encode(face[None]))
    seen = reader.read(torch.cat([first_frame.expand(SETTLING, -1, -1, -1), frames]))
    offsets = None if listener is None else (listener.offset(clip.path, real), listener.offset(clip.path, frames))
    rest, film = seen[SETTLING - 1], seen[SETTLING:]
    return SpeechResult(clip.identity, reader.read(real)[:, 3], film[:, 3], film[:, :3] - rest[:3], offsets)


def summary(films: Sequence[SpeechResult]) -> dict[str, float]:
    """Medians over the clips whose speakers' mouths move; undefined figures are left out.

    r: correlation of the generated opening with the true one; r_other: with that of other speakers
    amplitude: ratio of the standard deviations of the generated and the true opening
    lag: delay of the generated mouth in frames, where the mean correlation is largest
    head: 95th percentile of the largest angle by which the head turns, in degrees
    jitter, jitter_true: mean absolute second difference of the opening, in heights of the face
    """
    moving = [film for film in films if film.moves]
    others = [(a, b) for a, b in product(moving, films) if a.identity != b.identity]
    figures = {
        "r": _median([correlation(film.generated, film.true) for film in moving]),
        "r_other": _median([correlation(b.generated, a.true) for a, b in others]),
        "amplitude": _median([float(np.nanstd(film.generated) / np.nanstd(film.true)) for film in moving]),
        "lag": _lag(moving),
        "head": _reach(films),
        "jitter": _median([jitter(film.generated) for film in moving]),
        "jitter_true": _median([jitter(film.true) for film in moving]),
    }
    return {name: value for name, value in figures.items() if not np.isnan(value)}


def correlation(generated: Floats, true: Floats, late: int = 0) -> float:
    """Correlation over common frames, with the generated ones `late` frames later; 0 if either is constant."""
    generated, true = generated[max(late, 0) :], true[max(-late, 0) :]
    both = np.stack([generated[: len(true)], true[: len(generated)]])
    both = both[:, np.isfinite(both).all(axis=0)]
    if both.shape[1] < _LEAST:
        return float("nan")
    return float(np.corrcoef(both[0], both[1])[0, 1]) if both.std(axis=1).min() > 1e-6 else 0.0


def jitter(opening: Floats) -> float:
    """Mean absolute second difference of an opening (n,)."""
    return float(np.nanmean(np.abs(np.diff(opening, 2)))) if np.isfinite(np.diff(opening, 2)).any() else float("nan")


def _lag(films: Sequence[SpeechResult]) -> float:
    late = range(-LATEST, LATEST + 1)
    curves = [np.array([correlation(film.generated, film.true, k) for k in late]) for film in films]
    curves = [curve for curve in curves if np.isfinite(curve).all()]
    mean = np.mean(curves, axis=0) if curves else np.zeros(1)
    return late[int(mean.argmax())] if mean.max() > 0 else float("nan")


def _reach(films: Sequence[SpeechResult]) -> float:
    turned = np.concatenate([np.abs(film.turned).max(axis=1) for film in films]) if films else np.zeros(0)
    turned = turned[np.isfinite(turned)]
    return float(np.quantile(turned, 0.95)) if len(turned) else float("nan")


def _median(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.median(known)) if known else float("nan")

"""Several faces driven by the same speech, at moments of alternately open and closed mouth (paper, Fig. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.media.sound import Samples
from x2face_core.model import READINGS
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose
from x2face_lab.figures.moments import in_turn
from x2face_lab.figures.mouths import HIGH, WIDE, cut, find_mouth
from x2face_lab.figures.sheet import GAP, MARGIN, Label, Line, Panel, Parts, Rectangle, Sheet, letters, line_height
from x2face_lab.figures.sound import RATE, draw_curve, draw_spectrogram, draw_waveform
from x2face_lab.figures.subjects import portrait, rendered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANELS = (("waveform", 0.4), ("mel-spectro-\ngram, kHz", 0.7), ("mouth opening\nread from v", 0.4))  # heights in cells
_LEAST = 4  # least width of the diagrams in columns
_MARK = "#c0392b"
_BETWEEN = 10  # pixels between subjects


@dataclass(frozen=True, eq=False)
class SpokenSound:
    """A sound and the driving vectors that it gives for each subject.

    samples: (n,) mono at sound.RATE
    seconds: (m,) times of the frames; opening: (m,) mouth opening, in arbitrary units
    vectors: (m, 128) for each subject
    """

    samples: Samples
    seconds: NDArray[np.float64]
    opening: NDArray[np.float64]
    vectors: Sequence[Tensor]


def drive_by_sound(
    subjects: Sequence[ModelSource], driver: ActiveDriver, samples: Samples, seconds: float
) -> SpokenSound:
    """Apply a driver to each subject. samples: of its sound, for the diagrams; seconds: largest length"""
    vectors, fps = [], 25.0
    for subject in subjects:
        composed = compose([driver], subject, seconds=seconds)
        fps = composed.fps
        vectors.append(torch.from_numpy(np.stack([row.vector for row in composed.rows])).float())
    times = np.arange(len(vectors[0])) / fps
    return SpokenSound(samples, times, opening(subjects[0], vectors[0]), vectors)


def opening(subject: ModelSource, vectors: Tensor) -> NDArray[np.float64]:
    """Mouth opening (n,) read from vectors (n, 128).

    Without a linear readout: the first principal component of the vectors, of arbitrary sign.
    """
    try:
        return subject.read(vectors)[:, READINGS.index("mouth_open")].double().numpy()
    except WeightsError:
        about = (vectors - vectors.mean(0)).double()
        return np.asarray((about @ torch.linalg.svd(about, full_matrices=False).Vh[0]).numpy())


def audio_sheet(subjects: Sequence[ModelSource], speech: SpokenSound, count: int = 8, cell: int = 128) -> Sheet:
    """Diagrams of the sound at the top, and for each subject the source, frames and close-ups of the mouth.

    count: largest number of moments, chosen by `in_turn`; cell: side of a frame in pixels
    """
    moments = in_turn(speech.opening, count)
    parts, x = Parts(), MARGIN + cell + 2 * GAP
    width = max(len(moments), _LEAST) * (cell + GAP) - GAP
    y = _diagrams(parts, speech, moments, Rectangle(x, MARGIN + line_height(cell), width, 0), cell)
    y = _connectors(parts, speech, moments, x, y, cell)
    for subject, vectors in zip(subjects, speech.vectors, strict=True):
        y = _subject(parts, subject, vectors[moments], x, y, cell) + _BETWEEN
    return parts.sheet()


def _diagrams(parts: Parts, speech: SpokenSound, moments: list[int], top: Rectangle, cell: int) -> int:
    """Add waveform, spectrogram and opening; returns the y at which they end."""
    drawn = (
        partial(draw_waveform, samples=speech.samples, columns=top.width),
        partial(draw_spectrogram, samples=speech.samples),
        partial(draw_curve, seconds=speech.seconds, curve=speech.opening, chosen=moments),
    )
    y = top.y
    for (name, share), draw in zip(_PANELS, drawn, strict=True):
        rectangle = Rectangle(top.x, y, top.width, round(share * cell))
        marked = partial(_over_time, draw=draw, speech=speech, moments=moments, timed=y == top.y)
        parts.panels.append(Panel(rectangle, marked, letters(cell) - 1))
        parts.labels.append(Label(name, top.x - 3 * letters(cell), rectangle.level, letters(cell), align="right"))
        y = rectangle.bottom + 2 * GAP
    return y


def _over_time(axes: Axes, *, draw: partial[None], speech: SpokenSound, moments: list[int], timed: bool) -> None:
    """Draw a diagram over the common time axis, with the moments marked."""
    draw(axes)
    axes.set_xlim(0, _length(speech))
    for moment in moments:
        axes.axvline(speech.seconds[moment], color=_MARK, linewidth=0.8)
    axes.tick_params(axis="x", bottom=False, labelbottom=False, top=timed, labeltop=timed)
    if timed:
        axes.xaxis.set_major_formatter("{x:g} s")


def _length(speech: SpokenSound) -> float:
    """Length of the time axis in seconds."""
    return max(len(speech.samples) / RATE, float(speech.seconds[-1]))


def _connectors(parts: Parts, speech: SpokenSound, moments: list[int], x: int, y: int, cell: int) -> int:
    """Add lines from the moments to their columns, with times; returns the y at which the frames begin."""
    width = parts.panels[0].rectangle.width
    down, line = y + round(0.25 * cell), line_height(cell)
    for k, moment in enumerate(moments):
        middle = x + k * (cell + GAP) + cell / 2
        start = x + width * speech.seconds[moment] / _length(speech)
        parts.lines.append(Line(((start, y - 2 * GAP), (middle, down)), _MARK))
        parts.labels.append(Label(f"{speech.seconds[moment]:.2f} s", middle, down + line / 2, letters(cell)))
    return down + line


def _subject(parts: Parts, subject: ModelSource, vectors: Tensor, x: int, y: int, cell: int) -> int:
    """Add source, frames and mouths of a subject; returns the y at which they end."""
    frames = rendered(subject, vectors)
    parts.row([portrait(subject)], MARGIN, y, cell)
    parts.row(frames, x, y, cell)
    mouth, lower = find_mouth(subject), y + cell + GAP
    high = round(cell * HIGH / WIDE)
    parts.row([cut(frame, mouth) for frame in frames], x, lower, cell, high)
    parts.labels.append(Label("mouth", MARGIN + cell / 2, lower + high / 2, letters(cell)))
    return lower + high

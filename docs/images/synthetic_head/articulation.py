"""From a schedule of phones to what voice and mouth do at each moment, a thousand times a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from synthetic_head.phones import BANDS, SILENT
from synthetic_head.speech import Segment

Track = NDArray[np.float64]

TICKS = 1000  # moments a second
PITCH = (128.0, 98.0)  # Hz, where a phrase begins and ends
ACCENT = 17.0  # Hz a stressed vowel rises above that
FALL = 16.0  # Hz that the voice falls within the last FALLING seconds of a phrase
FALLING = 0.28
FADE = 3.0  # dB that a phrase loses from its beginning to its end


@dataclass(frozen=True)
class Score:
    """What happens at each of n moments.

    pitch: (n,) Hz; voice, bar, breath: (n,) amplitudes; noise: (bands, n) amplitudes; nasal: (n,) 0 to 1
    formants: (3, n) Hz; broad: (n,), how much broader than a vowel's they are
    """

    pitch: Track
    voice: Track
    bar: Track
    breath: Track
    noise: NDArray[np.float64]
    nasal: Track
    formants: NDArray[np.float64]
    broad: Track


def score(segments: Sequence[Segment]) -> Score:
    """What to do for a schedule that lasts n/TICKS seconds."""
    fade = phrase_levels(segments)

    def level(name: str, milliseconds: int) -> Track:
        loud = piecewise(segments, lambda one: fade(one) * amplitude(getattr(one.phone, name) + one.level))
        return eased(loud, milliseconds)

    return Score(
        pitch=pitch(segments),
        voice=level("voice", 24),
        bar=level("bar", 24),
        breath=level("breath", 18),
        noise=np.stack([band(segments, k) for k in range(len(BANDS))]),
        nasal=eased(piecewise(segments, lambda one: one.phone.nasal), 50),
        formants=np.stack([formant(segments, k) for k in range(3)]),
        broad=eased(piecewise(segments, lambda one: one.phone.broad), 30),
    )


def amplitude(level: float) -> float:
    return 0.0 if level <= SILENT / 2 else float(10 ** (level / 20))


def step_at(seconds: float) -> int:
    return round(seconds * TICKS)


def piecewise(segments: Sequence[Segment], value: Callable[[Segment], float]) -> Track:
    """(n,) steps: each segment's value as long as it lasts."""
    return np.concatenate([np.full(step_at(one.end) - step_at(one.start), value(one)) for one in segments])


def eased(steps: Track, milliseconds: int) -> Track:
    """Steps made smooth, each taking so long."""
    window = np.hanning(milliseconds + 2)[1:-1]
    padded = np.pad(steps, (milliseconds // 2, milliseconds - 1 - milliseconds // 2), mode="edge")
    smooth: Track = np.convolve(padded, window / window.sum(), mode="valid")
    return smooth


def band(segments: Sequence[Segment], k: int) -> Track:
    """(n,) amplitude of the mouth's noise in one band: bursts start at once and fade, the rest swells."""

    def of(one: Segment, burst: bool) -> float:
        noise = one.phone.noise
        return 0.0 if noise is None or one.phone.burst != burst else amplitude(noise[k] + one.level)

    since = np.concatenate([np.arange(step_at(one.end) - step_at(one.start)) for one in segments])
    bursts: Track = piecewise(segments, lambda one: of(one, True)) * np.minimum(1.0, np.exp((4.0 - since) / 7.0))
    return eased(piecewise(segments, lambda one: of(one, False)), 36) + bursts


def phrases(segments: Sequence[Segment]) -> Iterator[tuple[float, float]]:
    """Start and end of each stretch without a pause, in seconds."""
    start = None
    for one in segments:
        if one.phone.pause:
            if start is not None:
                yield start, one.start
            start = None
        elif start is None:
            start = one.start
    if start is not None:
        yield start, segments[-1].end


def phrase_levels(segments: Sequence[Segment]) -> Callable[[Segment], float]:
    """The amplitude that a segment has by where it stands in its phrase."""
    spans = list(phrases(segments))

    def of(one: Segment) -> float:
        here = next((span for span in spans if span[0] <= one.start < span[1]), (one.start, one.end))
        return amplitude(-FADE * (one.start - here[0]) / (here[1] - here[0]))

    return of


def pitch(segments: Sequence[Segment]) -> Track:
    """(n,) Hz: it sinks along a phrase, rises on stressed vowels and falls at the end."""
    now = np.arange(step_at(segments[-1].end)) / TICKS
    spans = list(phrases(segments)) or [(0.0, segments[-1].end)]
    base = np.interp(now, [t for span in spans for t in span], PITCH * len(spans))
    for _, end in spans:
        base -= FALL * np.interp(now, [end - FALLING, end, end + 0.05], [0.0, 1.0, 0.0], left=0.0, right=0.0)
    for one in segments:
        if one.level > 0:
            near = np.clip((now - (one.start + 0.4 * one.seconds)) / 0.16, -1, 1)
            base += ACCENT * min(one.level, 2.0) / 2 * (1 + np.cos(np.pi * near)) * 0.5
    return eased(base, 60)


def formant(segments: Sequence[Segment], k: int) -> Track:
    """(n,) Hz of formant k, gliding between what the phones aim at."""
    padded = [None, *segments, None]
    keys = [key for trio in zip(padded, segments, padded[2:], strict=False) for key in aims(*trio, k)]
    times, values = np.array(keys or [(0.0, 500.0 + 1000 * k)] * 2).T
    times = times + 1e-6 * np.arange(len(times))
    now = np.clip(np.arange(step_at(segments[-1].end)) / TICKS, times[0], times[-1])
    track: Track = PchipInterpolator(times, values)(now)
    return track


def aims(before: Segment | None, one: Segment, after: Segment | None, k: int) -> list[tuple[float, float]]:
    """When a phone aims formant k where: (seconds, Hz), at the beginning and at the end of its steady part."""
    phone = one.phone
    if phone.pause:
        return []
    glide = phone.to is not None
    edge = min(0.25 * one.seconds, 0.03) if glide else min(0.35 * one.seconds, 0.05)
    edge = edge if phone.voice >= -3 else min(0.2 * one.seconds, 0.012)
    ends = (phone.formants[k], (phone.to or phone.formants)[k])
    return [
        (one.start + edge, drawn(ends[0], phone.give[k], before, k, last=True)),
        (one.end - edge, drawn(ends[1], phone.give[k], after, k, last=False)),
    ]


def drawn(aim: float, give: float, beside: Segment | None, k: int, last: bool) -> float:
    """An aim moved towards the phone beside it: towards that one's end (last) or beginning."""
    if beside is None or beside.phone.pause:
        return aim
    other = (beside.phone.to if last and beside.phone.to else beside.phone.formants)[k]
    return aim + give * (other - aim)

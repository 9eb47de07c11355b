"""Drawn face tracks that speak: a hum whose loudness is how wide the mouth is open."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2face_core.media.writing import write_film

from .tracks import Look, draw, write_table

FRAMES = 24
SPLITS = ("train", "train", "train", "train", "val", "test")


def openness(person: int, clip: int) -> NDArray[np.float64]:
    """(FRAMES,) from 0 to 1, irregular enough that every moment has its own."""
    random = np.random.default_rng(100 * person + clip)
    steps = random.uniform(0, 1, FRAMES)
    return np.convolve(np.pad(steps, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")


def write_wav(path: Path, samples: NDArray[np.floating], rate: int = 16000) -> Path:
    """16-bit mono; samples in [-1, 1]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def hum(loudness: NDArray[np.float64], pitch: float = 130, rate: int = 16000) -> NDArray[np.float64]:
    """A frame of 1/25 s for each loudness."""
    time = np.arange(len(loudness) * rate // 25) / rate
    level = np.interp(time, (np.arange(len(loudness)) + 0.5) / 25, loudness)
    return np.asarray(0.1 * level * sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12)))


def write_speakers(folder: Path) -> Path:
    """Six people of two clips of 24 frames, with labels of the mouth."""
    rows: list[dict[str, object]] = []
    labels: list[tuple[int, int, float]] = []
    for person, split in enumerate(SPLITS):
        for clip in range(2):
            name, wide = f"drawn/s{person}-{clip}.mp4", openness(person, clip)
            (folder / "clips" / "drawn").mkdir(parents=True, exist_ok=True)
            sound = write_wav(folder / "hum.wav", hum(wide, 110 + 10 * person))
            pictures = [draw(Look(mouth_open=0.3 * float(w)), person) for w in wide]
            write_film(folder / "clips" / name, iter(pictures), 25.0, sound=sound)
            labels += [(len(rows), frame, 0.3 * float(w)) for frame, w in enumerate(wide)]
            known = dict(clip=name, identity=f"s{person}", source="drawn", seconds=FRAMES / 25, frames=FRAMES)
            rows.append(known | dict(sound="sync", crop_pixels=64, yaw_range=0.0, split=split))
    write_table(folder, rows)
    _write_labels(folder, labels)
    return folder


def _write_labels(folder: Path, labels: list[tuple[int, int, float]]) -> None:
    clip, frame, wide = (np.array(column) for column in zip(*labels, strict=True))
    same = np.full(len(wide), 0.3, np.float16)
    np.savez(
        folder / "labels.npz",
        clip=clip.astype(np.int32),
        frame=frame.astype(np.int32),
        pose=np.zeros((len(wide), 3), np.float32),
        landmark_ref=np.zeros((0, 2), np.int32),
        landmarks=np.zeros((0, 68, 3), np.float16),
        mouth_open=wide.astype(np.float16),
        mouth_width=(0.4 + 0.2 * wide).astype(np.float16),
        eye_left=same,
        eye_right=same,
    )

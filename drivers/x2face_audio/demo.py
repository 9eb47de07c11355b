"""Demo inputs: a buzz modulated like syllables, and synthetic features next to films."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np


def write_demo(path: Path, seconds: float = 1.0, rate: int = 16000) -> Path:
    """A 16-bit mono .wav."""
    time = np.arange(round(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * 4 * time)
    samples = (0.2 * swell * buzz * 32767).clip(-32768, 32767).astype("<i2")
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def write_features(folder: Path, films: int = 2, frames: int = 40) -> Path:
    """Synthetic features next to films, which are empty files, as the test kit replaces their content."""
    rng = np.random.default_rng(0)
    for k in range(films):
        np.savez(folder / f"{k}.npz", audio_feat=rng.gamma(1.0, 1.0, (frames, 256)).astype(np.float32))
        (folder / f"{k}.mp4").touch()
    return folder

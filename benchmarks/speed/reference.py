"""The released way, restated: what its scripts do for each frame and for each step of training."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from x2face_core.networks.dims import PRESETS
from x2face_core.networks.x2face import X2FaceNetworks

BATCH = 8
"""Pairs in a step."""


def seconds_each(call: Callable[[], object], times: int) -> float:
    """Seconds a call, after one that warms up."""
    call()
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times


@torch.inference_mode()
def driving_fps(frames: int = 4) -> float:
    """Frames a second by both networks of the preset paper, in fp32, one frame at a time.

    The source is embedded again for every frame. Untrained weights take as long as trained ones.
    """
    networks = X2FaceNetworks(PRESETS["paper"]).eval()
    source, driving = torch.rand(1, 3, 256, 256), torch.rand(1, 3, 256, 256)
    return 1 / seconds_each(lambda: networks(source, driving), frames)


def training_rate(pictures: Sequence[Path]) -> float:
    """Pairs a second: pictures read from files for each pair and resized to 256; photometric loss, fp32, Adam."""
    networks = X2FaceNetworks(PRESETS["paper"]).train()
    optimiser = torch.optim.Adam(networks.parameters(), 1e-3)
    rng = np.random.default_rng(0)

    def step() -> None:
        rows = [rng.choice(len(pictures), BATCH) for _ in range(2)]
        source, target = (torch.stack([_read(pictures[k]) for k in chosen]) for chosen in rows)
        optimiser.zero_grad()
        loss = (networks(source, target) - target).abs().mean()
        loss.backward()
        optimiser.step()

    started = time.perf_counter()
    step()
    return BATCH / (time.perf_counter() - started)


def _read(path: Path) -> Tensor:
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB").resize((256, 256)))).permute(2, 0, 1).float() / 255


def preparation_fps(film: Path, out: Path, frames: int = 50) -> float:
    """Frames a second by dlib's detector on each whole frame, a crop and a picture file each."""
    import dlib

    from x2face_core.media.boxes import Box, crop
    from x2face_core.media.video import read_frames

    detector: Any = dlib.get_frontal_face_detector()
    started, count = time.perf_counter(), 0
    for count, picture in enumerate(read_frames(film), start=1):
        for found in detector(picture, 1)[:1]:
            box = Box.around((found.left(), found.top(), found.width(), found.height()))
            Image.fromarray(crop(picture, box, 256)).save(out / f"{count}.jpg")
        if count == frames:
            break
    return count / (time.perf_counter() - started)

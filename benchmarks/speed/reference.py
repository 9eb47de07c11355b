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

BATCH = 4
"""Pairs in a step of the training loop."""


def seconds_each(call: Callable[[], object], times: int) -> float:
    """Seconds a call, after one that warms up."""
    call()
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times


def released_frame() -> Callable[[], object]:
    """A call that makes a frame by both networks of the preset paper, in fp32.

    The source is embedded again for every frame. Untrained weights take as long as trained ones.
    """
    networks = X2FaceNetworks(PRESETS["paper"]).eval()
    source, driving = torch.rand(1, 3, 256, 256), torch.rand(1, 3, 256, 256)
    return lambda: networks(source, driving)


@torch.inference_mode()
def driving_fps(frames: int = 4) -> float:
    """Frames a second, one at a time."""
    return 1 / seconds_each(released_frame(), frames)


def training_rate(pictures: Sequence[Path], device: torch.device) -> float:
    """Pairs a second: pictures read from files for each pair and resized to 256; photometric loss, fp32, SGD 0.9."""
    networks = X2FaceNetworks(PRESETS["paper"]).train().to(device)
    optimiser = torch.optim.SGD(networks.parameters(), 1e-3, momentum=0.9)
    rng = np.random.default_rng(0)

    def step() -> None:
        rows = [rng.choice(len(pictures), BATCH) for _ in range(2)]
        source, target = (torch.stack([_read(pictures[k]) for k in chosen]).to(device) for chosen in rows)
        optimiser.zero_grad()
        loss = (networks(source, target) - target).abs().mean()
        loss.backward()
        optimiser.step()
        float(loss.detach())  # as the released loop prints it, which waits for a GPU

    return BATCH / seconds_each(step, 1)


def _read(path: Path) -> Tensor:
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB").resize((256, 256)))).permute(2, 0, 1).float() / 255


def preparation_fps(film: Path, out: Path, frames: int = 15) -> float:
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

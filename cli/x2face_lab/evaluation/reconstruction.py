"""How well people drive their own pictures: L1 with one and three sources beside copying the source (paper Table 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from x2face_core.data.folder import Clip
from x2face_core.model import X2Face
from x2face_lab.evaluation.tracks import read_clip

BATCH = 16
SHARP_EVERY = 10
"""PSNR and SSIM are measured on every tenth frame."""


@dataclass
class Sums:
    """Sums over frames; l1_1, l1_3: generated from one and three sources; copy_1, copy_3: copying them."""

    frames: int = 0
    values: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("l1_1", "l1_3", "copy_1", "copy_3"), 0.0))
    psnr: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Means over all frames, and their ratios."""
        means = {name: value / self.frames for name, value in self.values.items()}
        return means | {
            "ratio_1": means["l1_1"] / means["copy_1"],
            "ratio_3": means["l1_3"] / means["copy_3"],
            "gain_3": 1 - means["l1_3"] / means["l1_1"],
            "psnr": float(np.mean(self.psnr)),
            "ssim": float(np.mean(self.ssim)),
        }


def reconstruct(
    model: X2Face, clips: Sequence[Clip], progress: Callable[[int, int], None] = lambda done, total: None
) -> Sums:
    """Every clip's frames generated from its first frame, and from its first, middle and last one.

    Copying three sources is the mean of copying each.
    """
    sums = Sums()
    for number, clip in enumerate(clips):
        pictures = read_clip(clip.path, clip.frames)
        _add(model, pictures, sums)
        progress(number + 1, len(clips))
    return sums


@torch.inference_mode()
def _add(model: X2Face, pictures: Tensor, sums: Sums) -> None:
    last = len(pictures) - 1
    sources = pictures[[0, last // 2, last]]
    faces = {"l1_1": model.embed(sources[:1]), "l1_3": model.embed(sources)}
    for start in range(0, len(pictures), BATCH):
        targets = pictures[start : start + BATCH]
        vectors = model.encode(targets)
        for name, face in faces.items():
            generated = model.render(face, vectors)
            sums.values[name] += float((generated - targets).abs().mean((1, 2, 3)).sum())
            if name == "l1_1":
                _sharpness(generated, targets, start, sums)
        copies = [(source - targets).abs().mean((1, 2, 3)).sum() for source in sources]
        sums.values["copy_1"] += float(copies[0])
        sums.values["copy_3"] += float(torch.stack(copies).mean())
        sums.frames += len(targets)


def _sharpness(generated: Tensor, targets: Tensor, start: int, sums: Sums) -> None:
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    for k in range(-start % SHARP_EVERY, len(targets), SHARP_EVERY):
        if start + k == 0:
            continue  # the source itself
        pair = [picture[k].permute(1, 2, 0).numpy() for picture in (targets, generated)]
        sums.psnr.append(peak_signal_noise_ratio(*pair, data_range=1))
        sums.ssim.append(structural_similarity(*pair, channel_axis=2, data_range=1))

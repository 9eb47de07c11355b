"""All that `x2face evaluate` measures, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_core.data.folder import FaceFolder, Split
from x2face_core.evaluation.across import Moved, measure_across, summary
from x2face_core.evaluation.readers import best_reader
from x2face_core.evaluation.reading import read_pose
from x2face_core.evaluation.reconstruction import reconstruct
from x2face_core.evaluation.tracks import clips_of
from x2face_core.model import X2Face

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Evaluation:
    """figures: as `evaluate --json` prints them; moved: the films across people, to look at."""

    figures: dict[str, Any]
    moved: Sequence[Moved]

    def sheet(self, rows: int = 10) -> Tensor:
        """(3, h, w): pairs of rows, the source and six driving frames, and what they made of it."""
        strips = []
        for one in self.moved[:rows]:
            driving, generated = one.frames
            blank = torch.zeros_like(one.source)
            strips.append(torch.cat([one.source, *driving], dim=2))
            strips.append(torch.cat([blank, *generated], dim=2))
        return torch.cat(strips, dim=1)[:, ::2, ::2]


def evaluate(
    model: X2Face,
    data: Path,
    split: Split = "test",
    progress: Progress = lambda what, done, total: None,
) -> Evaluation:
    """Measure weights on a folder's people, by default those of its test split.

    Reconstruction needs no labels; across people needs none either; the pose is read where there are labels.
    """
    folder = FaceFolder(data)
    clips = clips_of(folder, split)
    sums = reconstruct(model, clips, lambda done, total: progress("reconstruction", done, total))
    reader = best_reader(model)
    moved = measure_across(model, clips, reader, progress=lambda done, total: progress("across people", done, total))
    found = summary(moved)
    figures: dict[str, Any] = {
        "clips": len(clips),
        "people": len({clip.identity for clip in clips}),
        "frames": sums.frames,
        **{name: round(value, 5) for name, value in sums.figures().items()},
    }
    if found:
        figures["across"] = {name: round(value, 3) for name, value in found["r"].items()}
        figures["across_slope"] = {name: round(value, 3) for name, value in found["slope"].items()}
        figures["across_found"] = round(found["found"]["share"], 3)
        figures["across_read_by"] = reader.name
    if (folder.path / "labels.npz").is_file():
        figures["pose"] = read_pose(model, folder, split)
    return Evaluation(figures, moved)

"""What the driving vector tells of the pose, read linearly, on people whom training never saw (paper Table 2)."""

from __future__ import annotations

import numpy as np
import torch

from x2face_core.data.folder import FaceFolder
from x2face_core.data.loading import load_bank
from x2face_core.data.tables import Split
from x2face_core.model import X2Face


def read_pose(model: X2Face, folder: FaceFolder, split: Split) -> dict[str, list[float]]:
    """Roll, pitch, yaw: "mae" in degrees, "mae_of_mean" of always answering the mean, "r2"."""
    bank = load_bank(folder, split, model.dims.side)
    assert bank.pose is not None
    rows = torch.arange(len(bank))
    read = torch.cat([model.read(model.encode(bank.floats(part)))[:, :3] for part in torch.split(rows, 64)])
    true, found = bank.pose.numpy().astype(float), read.numpy().astype(float)
    centred = true - true.mean(axis=0)
    return {
        "mae": np.abs(found - true).mean(axis=0).round(3).tolist(),
        "mae_of_mean": np.abs(centred).mean(axis=0).round(3).tolist(),
        "r2": (1 - ((found - true) ** 2).sum(axis=0) / (centred**2).sum(axis=0)).round(3).tolist(),
    }

"""Files as the authors released them, made up, and the bundle made of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from x2face_lab.converting import convert
from x2face_plugins.registry import Registry

from ..released import (
    State,
    made_up_pose,
    made_up_state,
)

REGISTRY = Registry.load()


@dataclass
class Released:
    """Made-up files as released, what is in them, and the bundle made of them."""

    folder: Path
    state: State
    pose: tuple[State, State]
    regression: tuple[Tensor, Tensor]
    features: np.ndarray[Any, Any]

    @property
    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.suffix in (".pth", ".pkl"))

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle.safetensors"


def write_released(folder: Path, levels: int, width: int) -> Released:
    """All five files; the checkpoints in the format of torch before 1.6, and one of today's."""
    state, pose = made_up_state(levels, width), made_up_pose()
    contents = {"x2face_model": state, "posereg": pose[0], "posetobottle": pose[1]}
    for name, content in contents.items():
        new = name == "posetobottle"
        torch.save({"state_dict": content, "epoch": 3}, folder / f"{name}.pth", _use_new_zipfile_serialization=new)
    random = np.random.default_rng(0)
    features = random.gamma(1.0, 1.0, (40, 256)).astype(np.float32)
    scaler = StandardScaler().fit(features)
    vectors = 0.2 * random.standard_normal((40, 128)).astype(np.float32)
    regression = LinearRegression().fit(scaler.transform(features), vectors)
    joblib.dump(regression, folder / "linearregression_scaledTrue_7000.pkl")
    joblib.dump(scaler, folder / "scaler_7000.pkl")
    numbers = torch.from_numpy(regression.coef_).float(), torch.from_numpy(regression.intercept_).float()
    released = Released(folder, state, pose, numbers, features)
    convert(released.files, released.bundle, REGISTRY)
    return released

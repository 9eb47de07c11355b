"""Demo data: a table of poses of pictures, which are empty files, as the test kit replaces their content."""

from __future__ import annotations

from pathlib import Path

import numpy as np

PICTURES = 24


def write_pictures(folder: Path) -> Path:
    """Write PICTURES pictures of one head in different poses."""
    degrees = np.random.default_rng(0).uniform(-20, 20, (PICTURES, 3)).round(1)
    rows = ["picture,roll,pitch,yaw"]
    for k, pose in enumerate(degrees):
        (folder / f"{k}.png").touch()
        rows.append(f"{k}.png,{','.join(map(str, pose))}")
    (folder / "poses.csv").write_text("\n".join(rows) + "\n")
    return folder

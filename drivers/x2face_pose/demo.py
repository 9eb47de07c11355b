"""A tiny table of posed pictures for the mapping to learn from; they are empty, as whoever reads them makes them up."""

from __future__ import annotations

from pathlib import Path

import numpy as np

PICTURES = 24


def write_pictures(folder: Path) -> Path:
    """Pictures of one head in as many poses."""
    degrees = np.random.default_rng(0).uniform(-20, 20, (PICTURES, 3)).round(1)
    rows = ["picture,roll,pitch,yaw"]
    for k, pose in enumerate(degrees):
        (folder / f"{k}.png").touch()
        rows.append(f"{k}.png,{','.join(map(str, pose))}")
    (folder / "poses.csv").write_text("\n".join(rows) + "\n")
    return folder

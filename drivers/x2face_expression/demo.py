"""Demo data: a tiny folder of labelled face tracks, a film of noise with synthetic labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from x2face_expression.settings import EYES, MOUTH
from x2face_plugins.media import write_film

FRAMES, SIDE = 40, 32


def write_tracks(folder: Path) -> Path:
    """Tracks of one person; all frames differ."""
    rng = np.random.default_rng(0)
    (folder / "clips").mkdir()
    patches = rng.integers(0, 256, (FRAMES, 4, 4, 3), np.uint8)
    write_film(folder / "clips" / "noise.mp4", (np.kron(one, np.ones((8, 8, 1), np.uint8)) for one in patches), 25.0)
    head = "clip,identity,source,seconds,frames,sound,crop_pixels,yaw_range,split"
    (folder / "clips.csv").write_text(f"{head}\nnoise.mp4,somebody,demo,1.6,{FRAMES},none,{SIDE},0,train\n")
    numbers = {name: rng.uniform(0.05, 0.35, FRAMES).astype(np.float32) for name in (*MOUTH, *EYES[:2])}
    np.savez(
        folder / "labels.npz",
        clip=np.zeros(FRAMES, np.int64),
        frame=np.arange(FRAMES),
        pose=rng.uniform(-10, 10, (FRAMES, 3)).astype(np.float32),
        gaze=rng.uniform(-0.1, 0.1, (FRAMES, 2)).astype(np.float32),
        landmark_ref=np.column_stack([np.zeros(FRAMES, np.int64), np.arange(FRAMES)]),
        landmarks=rng.uniform(0, 1, (FRAMES, 68, 3)).astype(np.float32),
        mouth_open=numbers["mouth_open"],
        mouth_width=numbers["mouth_width"],
        eye_left=numbers["eye_left"],
        eye_right=numbers["eye_right"],
    )
    return folder

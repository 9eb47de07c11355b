"""A tiny folder of labelled tracks for the mapping to learn from; its film is empty, for a reader that makes it up."""

from __future__ import annotations

from pathlib import Path

import numpy as np

FRAMES = 40


def write_tracks(folder: Path) -> Path:
    """One person who blinks twice in a still film."""
    lids = np.full(FRAMES, 0.3, np.float32)
    lids[[9, 29]], lids[[10, 30]] = 0.2, 0.12
    (folder / "clips").mkdir()
    (folder / "clips" / "blinks.mp4").touch()
    head = "clip,identity,source,seconds,frames,sound,crop_pixels,yaw_range,split"
    (folder / "clips.csv").write_text(f"{head}\nblinks.mp4,somebody,demo,1.6,{FRAMES},none,256,0,train\n")
    np.savez(
        folder / "labels.npz",
        clip=np.zeros(FRAMES, np.int64),
        frame=np.arange(FRAMES),
        pose=np.zeros((FRAMES, 3), np.float32),
        mouth_open=np.zeros(FRAMES, np.float32),
        mouth_width=np.zeros(FRAMES, np.float32),
        eye_left=lids,
        eye_right=lids,
        landmark_ref=np.zeros((0, 2), np.int64),
        landmarks=np.zeros((0, 68, 3), np.float32),
    )
    return folder

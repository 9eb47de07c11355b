"""Demo inputs: a take, and a folder of labelled films, which are empty, as the test kit replaces their content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = (
    "EyeBlinkLeft", "EyeBlinkRight", "JawOpen", "MouthClose", "MouthPucker", "MouthSmileLeft", "MouthSmileRight",
    "BrowInnerUp", "HeadYaw", "HeadPitch", "HeadRoll",
)  # fmt: skip
ROWS = 61  # every other frame of a timecode of 60: two seconds
FRAMES = 48


def write_take(path: Path) -> Path:
    """Write a take: the jaw opens twice, then a smile, a blink, and a turn of the head and back."""
    t = np.linspace(0, 1, ROWS)
    columns = dict.fromkeys(COLUMNS, np.zeros(ROWS))
    columns["JawOpen"] = 0.45 * _bump(t, 0.12, 0.07) + 0.3 * _bump(t, 0.28, 0.07)
    columns["MouthSmileLeft"] = columns["MouthSmileRight"] = 0.9 * _bump(t, 0.55, 0.15)
    columns["EyeBlinkLeft"] = columns["EyeBlinkRight"] = _bump(t, 0.45, 0.05)
    columns["HeadYaw"], columns["HeadPitch"] = 0.25 * _bump(t, 0.7, 0.2), -0.1 * _bump(t, 0.75, 0.2)
    columns["BrowInnerUp"] = 0.5 * _bump(t, 0.28, 0.1)
    lines = [f"Timecode,BlendshapeCount,{','.join(COLUMNS)}"]
    for k, row in enumerate(np.stack(list(columns.values()), axis=1)):
        second, frame = divmod(2 * k, 60)
        numbers = ",".join(f"{number:.6f}" for number in row)
        lines.append(f"10:00:{second:02d}:{frame:02d}.250,{len(COLUMNS)},{numbers}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_tracks(folder: Path) -> Path:
    """Two people with moving mouths and lids, one for training and one for validation."""
    clips = folder / "clips"
    clips.mkdir()
    lines = ["clip,identity,source,seconds,frames,sound,crop_pixels,yaw_range,split"]
    for name, split in (("ann", "train"), ("bob", "val")):
        (clips / f"{name}.mp4").touch()
        lines.append(f"{name}.mp4,{name},demo,{FRAMES / 25},{FRAMES},none,256,0,{split}")
    (folder / "clips.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    t = np.arange(FRAMES) / FRAMES
    lids = 0.3 - 0.12 * np.maximum(_bump(t, 0.3, 0.06), _bump(t, 0.8, 0.06))
    labels: dict[str, Any] = {
        "clip": np.repeat(np.arange(2, dtype=np.int32), FRAMES),
        "frame": np.tile(np.arange(FRAMES, dtype=np.int32), 2),
        "mouth_open": np.tile(0.01 + 0.08 * np.abs(np.sin(9 * t)), 2),
        "mouth_width": np.tile(0.3 + 0.04 * np.sin(5 * t), 2),
        "eye_left": np.tile(lids, 2),
        "eye_right": np.tile(0.97 * lids, 2),
    }
    np.savez(folder / "labels.npz", **labels)
    return folder


def _bump(t: np.ndarray, middle: float, half: float) -> np.ndarray:
    """A smooth bump: 1 in the middle, 0 beyond half a width."""
    near = np.clip(np.abs(t - middle) / half, 0, 1)
    bump: np.ndarray = (1 + np.cos(np.pi * near)) / 2
    return bump

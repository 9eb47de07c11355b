"""A tiny folder of drawn face tracks in the format of docs/data.md: nobody's face, so its labels are known exactly."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIDE, FRAMES, CLIPS, LABELLED_EVERY = 64, 12, 2, 2
SPLITS = ("train", "train", "train", "train", "val", "test")
COLUMNS = ("clip", "identity", "source", "seconds", "frames", "sound", "crop_pixels", "yaw_range", "split")
_FINE = 4  # drawn so many times larger, then reduced
_SKINS = ((235, 200, 170), (200, 150, 110), (120, 80, 60), (250, 215, 195), (170, 120, 90), (220, 180, 140))
_WALLS = ((60, 90, 140), (90, 130, 80), (150, 150, 160), (120, 60, 60), (70, 70, 70), (160, 140, 100))
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Look:
    """How a drawn face looks in one frame: roll, pitch, yaw in degrees; the rest as docs/data.md has it."""

    pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mouth_open: float = 0.0
    mouth_width: float = 0.4
    eye_left: float = 0.3
    eye_right: float = 0.3


def upright(look: Look, slim: float = 1.0) -> Floats:
    """(68, 3) in normalised coordinates about the head's middle, the face turned to the front; z grows away from us.

    slim: the face's width, 1 for the common one
    """
    around = np.linspace(0, np.pi, 17)
    jaw = np.stack([-0.5 * np.cos(around), 0.55 * np.sin(around) - 0.1, 0.25 - 0.3 * np.sin(around)], axis=1)
    brow = np.stack([np.linspace(-0.4, -0.1, 5), -0.33 - 0.04 * np.sin(np.linspace(0, np.pi, 5)), np.full(5, -0.1)], 1)
    bridge = np.stack([np.zeros(4), np.linspace(-0.2, 0.05, 4), np.linspace(-0.12, -0.3, 4)], axis=1)
    nostrils = np.stack([np.linspace(-0.1, 0.1, 5), np.full(5, 0.1), [-0.12, -0.16, -0.2, -0.16, -0.12]], axis=1)
    eyes = [_eye(-0.22, look.eye_left), _eye(0.22, look.eye_right)]
    face = np.concatenate([jaw, brow, brow[::-1] * [-1, 1, 1], bridge, nostrils, *eyes, _mouth(look)])
    return face * [slim, 1, 1]


def _eye(x: float, lid: float, half: float = 0.09) -> Floats:
    """(6, 3): outer corner first in the left of the picture, then over the upper lid and back along the lower."""
    across = np.array([-1, -0.4, 0.4, 1, 0.4, -0.4]) * half
    along = np.array([0, -1, -1, 0, 1, 1]) * lid * half
    return np.stack([x + across, -0.18 + along, np.full(6, -0.08)], axis=1)


def _mouth(look: Look) -> Floats:
    """(20, 3): outer lips, then inner ones, each from the left corner over the upper lip."""
    height = 0.65  # bridge to chin
    half, gap = look.mouth_width * height / 2, look.mouth_open * height / 2
    outer_x = np.array([-1, -0.66, -0.33, 0, 0.33, 0.66, 1, 0.66, 0.33, 0, -0.33, -0.66]) * half
    outer_y = np.array([0, -1, -1, -1, -1, -1, 0, 1, 1, 1, 1, 1]) * (gap + 0.04)
    inner_x = np.array([-0.9, -0.4, 0, 0.4, 0.9, 0.4, 0, -0.4]) * half
    inner_y = np.array([0, -1, -1, -1, 0, 1, 1, 1]) * gap
    x, y = np.concatenate([outer_x, inner_x]), np.concatenate([outer_y, inner_y])
    return np.stack([x, 0.25 + y, np.full(20, -0.12)], axis=1)


def turned(points: Floats, pose: Sequence[float]) -> Floats:
    """Points (k, 3) turned about the head's middle: yaw to the picture's right, pitch up, roll clockwise."""
    roll, pitch, yaw = np.deg2rad(pose)
    x, y, z = points.T
    x, z = x * np.cos(yaw) - z * np.sin(yaw), x * np.sin(yaw) + z * np.cos(yaw)
    y, z = y * np.cos(pitch) + z * np.sin(pitch), z * np.cos(pitch) - y * np.sin(pitch)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    return np.stack([x, y, z], axis=1)


def landmarks(look: Look, person: int = 0) -> Floats:
    """(68, 3) as labels.npz has them: x, y in [0, 1] of the crop, z in the same unit."""
    points = turned(upright(look, slim=1 - 0.03 * person), look.pose)
    return points / 2 + [0.5, 0.5, 0]


def draw(look: Look, person: int = 0) -> NDArray[np.uint8]:
    """(64, 64, 3) RGB."""
    side = SIDE * _FINE
    points = [(float(x), float(y)) for x, y in landmarks(look, person)[:, :2] * side]
    picture = Image.new("RGB", (side, side), _WALLS[person % len(_WALLS)])
    pen = ImageDraw.Draw(picture)
    for stripe in range(0, side, side // 4):
        pen.rectangle((stripe, 0, stripe + side // 8, side), fill=tuple(c + 25 for c in _WALLS[person % len(_WALLS)]))
    (left, top), (right, _) = points[0], points[16]
    pen.ellipse((left, top - 0.3 * side, right, top + 0.3 * side), fill=_SKINS[person % len(_SKINS)])
    pen.polygon(points[:17], fill=_SKINS[person % len(_SKINS)])
    for eye in (points[36:42], points[42:48]):
        pen.polygon(eye, fill="white")
        x, y = np.mean(eye, axis=0)
        pen.ellipse((x - side / 80, y - side / 80, x + side / 80, y + side / 80), fill=(20, 20, 40))
    for brow in (points[17:22], points[22:27]):
        pen.line(brow, fill=(60, 40, 30), width=side // 48)
    pen.line(points[27:31] + points[31:36], fill=(120, 80, 70), width=side // 64)
    pen.polygon(points[48:60], fill=(190, 60, 70))
    pen.polygon(points[60:68], fill=(30, 0, 0))
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))


def look_of(person: int, clip: int, frame: int) -> Look:
    """What a person does: turns, nods, tips, speaks and blinks, each with its own beat."""
    beat = frame / FRAMES * 2 * np.pi + person + 2.5 * clip
    return Look(
        pose=(6 * np.sin(beat + 1), 8 * np.cos(beat), 15 * np.sin(beat)),
        mouth_open=0.1 * (1 + np.sin(2 * beat)),
        mouth_width=0.4 + 0.04 * np.cos(2 * beat),
        eye_left=0.25 + 0.1 * np.cos(3 * beat),
        eye_right=0.25 + 0.1 * np.cos(3 * beat + 0.5),
    )


def write_film(path: Path, pictures: Sequence[NDArray[np.uint8]]) -> None:
    """25 frames a second, H.264 at a quality that leaves numbers alone but for a few."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "8", "preset": "ultrafast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv444p"
        stream.codec_context.thread_count = 1
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def write_table(folder: Path, rows: Sequence[dict[str, object]]) -> None:
    with (folder / "clips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def write_tracks(folder: Path) -> Path:
    """Six people of two clips of twelve frames; every second frame has landmarks."""
    jobs = [(person, clip) for person in range(len(SPLITS)) for clip in range(CLIPS)]
    rows: list[dict[str, object]] = []
    for person, clip in jobs:
        name = f"drawn/p{person}-{clip}.mp4"
        write_film(folder / "clips" / name, [draw(look_of(person, clip, frame), person) for frame in range(FRAMES)])
        known = dict(clip=name, identity=f"p{person}", source="drawn", seconds=FRAMES / 25, frames=FRAMES)
        rows.append(known | dict(sound="none", crop_pixels=SIDE, yaw_range=30.0, split=SPLITS[person]))
    write_table(folder, rows)
    write_labels(folder, jobs)
    return folder


def write_labels(folder: Path, jobs: Sequence[tuple[int, int]]) -> None:
    looks = [look_of(person, clip, frame) for person, clip in jobs for frame in range(FRAMES)]
    number, frame = np.divmod(np.arange(len(looks), dtype=np.int32), FRAMES)
    marked = np.flatnonzero(frame % LABELLED_EVERY == 0)
    points = [landmarks(looks[at], jobs[number[at]][0]) for at in marked]
    measured = ("mouth_open", "mouth_width", "eye_left", "eye_right")
    np.savez(
        folder / "labels.npz",
        clip=number,
        frame=frame,
        pose=np.array([look.pose for look in looks], np.float32),
        landmark_ref=np.stack([number[marked], frame[marked]], axis=1),
        landmarks=np.array(points, np.float16),
        **{name: np.array([getattr(look, name) for look in looks], np.float16) for name in measured},
    )

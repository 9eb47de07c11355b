"""The inputs of all measurements, made from files that come with x2face and its dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from x2face_core.media.images import write_picture
from x2face_core.media.video import read_frames
from x2face_core.media.writing import write_film

Picture = NDArray[np.uint8]
DEMO = Path(__file__).parents[2] / "cli" / "x2face_lab" / "assets" / "demo"
HEAD, SPEECH = DEMO / "head.mp4", DEMO / "speech.wav"
FPS = 25
MINUTE = 60.0


class Inputs:
    """Files in a folder, written when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def source(self, number: int = 0) -> Path:
        """A public-domain portrait; others show its left, right and lower part."""
        from skimage.data import astronaut

        whole: Any = astronaut()
        cuts = (whole, whole[:, :460], whole[:, 40:], whole[20:])
        return self._made(f"source-{number}.png", lambda path: write_picture(path, cuts[number]))

    def large_source(self) -> Path:
        """The portrait in the middle of 1920x1080 pixels."""
        from skimage.data import astronaut

        whole = np.full((1080, 1920, 3), 90, np.uint8)
        whole[28:1052, 448:1472] = np.asarray(Image.fromarray(astronaut()).resize((1024, 1024)))
        return self._made("source-large.png", lambda path: write_picture(path, whole))

    def film(self, seconds: float, width: int = 640, height: int = 480) -> Path:
        """The demo's head, moving on and back again before a wall, with the noise of a camera.

        What is longer than a minute repeats the first minute, which takes no time to encode.
        """
        frames = round(seconds * FPS)
        if seconds > MINUTE:
            minute = self.film(MINUTE, width, height)
            return self._made(
                f"film-{seconds:g}-{width}x{height}.mp4", lambda path: write_repeated(path, minute, frames)
            )
        return self._made(
            f"film-{seconds:g}-{width}x{height}.mp4", lambda path: write_film(path, looped(frames, width, height), FPS)
        )

    def folder_of_films(self, count: int, seconds: float) -> Path:
        """Films to prepare, a person each."""
        folder = self.folder / f"films-{count}-{seconds:g}"
        folder.mkdir(exist_ok=True)
        for number in range(count):
            path = folder / f"person{number}.mp4"
            if not path.exists():
                write_film(path, islice(looped(10**9), 7 * number, 7 * number + round(seconds * FPS)), FPS)
        return folder

    def _made(self, name: str, write: Any) -> Path:
        path = self.folder / name
        if not path.exists():
            write(path)
        return path


def write_repeated(path: Path, film: Path, frames: int) -> None:
    """Write as many frames by repeating the packets of a film at FPS; whole repetitions but for the last."""
    with av.open(str(film)) as read, av.open(str(path), "w") as written:
        stream = read.streams.video[0]
        copy = written.add_stream_from_template(stream)
        packets = [
            (bytes(one), one.pts, one.dts, one.is_keyframe)
            for one in read.demux(stream)
            if one.pts is not None and one.dts is not None
        ]
        base = stream.time_base
        assert base is not None
        step = round(1 / (FPS * base))
        for number in range(frames):
            again, k = divmod(number, len(packets))
            content, pts, dts, is_key = packets[k]
            packet = av.Packet(content)
            packet.pts, packet.dts = (time + again * len(packets) * step for time in (pts, dts))
            packet.time_base, packet.duration, packet.is_keyframe, packet.stream = base, step, is_key, copy
            written.mux(packet)


def looped(frames: int, width: int = 640, height: int = 480) -> Iterator[Picture]:
    """(height, width, 3) pictures of the demo's head, about half as high as they are."""
    side = height // 2 + 16
    head = [np.asarray(Image.fromarray(one).resize((side, side))) for one in read_frames(HEAD)]
    noise = np.random.default_rng(0).normal(0, 2, (8, height, width, 1)).round().astype(np.int16)
    top, left = (height - side) // 2, (width - side) // 2
    for number, picture in enumerate(islice(cycle([*head, *head[::-1]]), frames)):
        wide = np.full((height, width, 3), 90, np.int16)
        wide[top : top + side, left : left + side] = picture
        yield (wide + noise[number % len(noise)]).clip(0, 255).astype(np.uint8)

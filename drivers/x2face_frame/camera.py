"""A camera's pictures as they come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import av
import av.error
import numpy as np

from x2face_core.errors import InputError
from x2face_core.media.boxes import Box, crop
from x2face_core.media.faces import find_faces
from x2face_core.media.pictures import Picture
from x2face_core.sources.source import to_tensor
from x2face_frame.settings import Settings
from x2face_plugins import Chunk, Source

FPS = 25.0


def drive_by_camera(
    settings: Settings, source: Source, relative: bool, found: Callable[[Box], None]
) -> Iterator[Chunk]:
    """A chunk of one row a picture, without end; the first picture with a face is the rest and gives the box.

    found: called with that box
    """
    box, rest = None, None
    for picture in read_camera(int(settings.input)):
        if box is None:
            box = _find(picture, settings.crop, source.crop_scale)
            if box is None:
                continue
            found(box)
        vector = source.encode(to_tensor([crop(picture, box, source.side)]))
        rest = vector if rest is None else rest
        shown = to_tensor([crop(picture, box, source.pictures.shape[-1])]) if source.pictures_wanted else None
        yield Chunk(vector - rest if relative else vector, FPS, shown)


def _find(picture: Picture, crop_at: str, scale: float) -> Box | None:
    if crop_at != "auto":
        return Box.given(crop_at, picture.shape[1], picture.shape[0], "the camera's picture")
    faces = find_faces(picture)
    return Box.around(faces[0], scale) if faces else None


def read_camera(number: int) -> Iterator[Picture]:
    """A camera's pictures, until somebody ends it. InputError when there is no such camera."""
    name, form = _device(number)
    try:
        with av.open(name, format=form) as camera:
            for frame in camera.decode(video=0):
                yield np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"Camera {number} ({name}) cannot be read: {error}.") from error


def _device(number: int) -> tuple[str, str]:
    """The name and FFmpeg's input format of a camera on this system."""
    if sys.platform == "darwin":
        return str(number), "avfoundation"
    if sys.platform == "win32":
        return f"video={number}", "dshow"
    return f"/dev/video{number}", "v4l2"

"""Live pictures from a camera, through FFmpeg."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import av
import av.error
import numpy as np

from x2face_core.errors import InputError
from x2face_core.media.pictures import Picture


def read_camera(number: int) -> Iterator[Picture]:
    """Yield a camera's pictures, (h, w, 3) uint8 RGB, until the generator is closed.

    InputError if there is no such camera.
    """
    name, form = _device(number)
    try:
        with av.open(name, format=form) as camera:
            for frame in camera.decode(video=0):
                yield np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"Camera {number} ({name}) cannot be read: {error}.") from error


def _device(number: int) -> tuple[str, str]:
    """The device name and the FFmpeg input format of a camera on this operating system."""
    if sys.platform == "darwin":
        return str(number), "avfoundation"
    if sys.platform == "win32":
        return f"video={number}", "dshow"
    return f"/dev/video{number}", "v4l2"

"""A video device that other programs take for a camera, written through FFmpeg (Linux, v4l2loopback)."""

from __future__ import annotations

import stat
from pathlib import Path
from types import TracebackType
from typing import Self

import av.error
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from x2face_core.errors import UsageError
from x2face_core.files.faults import reason
from x2face_core.media.opening import created
from x2face_core.media.pictures import Picture

_V4L2 = "v4l2"
_REMEDY = (
    "`sudo modprobe v4l2loopback video_nr=9 exclusive_caps=1` makes /dev/video9 on Linux; elsewhere OBS takes the "
    "page's /stream as a source and is a camera itself"
)


def check_device(path: Path) -> None:
    """UsageError unless a path is a device, with what makes one."""
    try:
        known = path.stat()
    except OSError as error:
        raise UsageError(f"--virtual-camera {path}: there is none ({reason(error)}); {_REMEDY}.") from None
    if not stat.S_ISCHR(known.st_mode):
        raise UsageError(f"--virtual-camera {path}: is no video device; {_REMEDY}.")


class VirtualCamera:
    """Shows frames, all of the size of the first one, on a device; a context.

    fps: that the device tells; form: FFmpeg's name of the output format
    """

    def __init__(self, path: Path, fps: float = 25.0, form: str = _V4L2) -> None:
        self._path, self._rate, self._form = path, round(fps), form
        self._out: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._reformatter = VideoReformatter()

    def show(self, picture: Picture) -> None:
        """Write a frame, (h, w, 3) uint8 RGB, of even size or cut to one. UsageError if the device refuses it."""
        height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
        try:
            out, stream = self._opened(width, height)
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            frame = self._reformatter.reformat(frame, width, height, "yuv420p")
            out.mux(stream.encode(frame))
        except (av.error.FFmpegError, OSError) as error:
            raise UsageError(
                f"--virtual-camera {self._path}: takes no frames ({reason(error)}); is it made by v4l2loopback, and "
                "free?"
            ) from None

    def _opened(self, width: int, height: int) -> tuple[OutputContainer, VideoStream]:
        if self._out is None or self._stream is None:
            self._out = created(self._path, self._form)
            stream = self._out.add_stream("rawvideo", rate=self._rate)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            self._stream = stream
        return self._out, self._stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._out is not None:
            self._out.close()

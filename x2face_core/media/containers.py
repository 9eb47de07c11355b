"""Encoding of frames and sound as .mp4 and .webm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from x2face_core.media.atoms import check_whole
from x2face_core.media.opening import created
from x2face_core.media.pictures import Picture
from x2face_core.media.rates import exact
from x2face_core.media.sound import Samples, sound_blocks

LARGEST = 16_384  # pixels a side of H.264 and VP9 at their highest level, 6.2
MOST_PIXELS = 35_000_000  # and in all

_SOUND_RATE = 48000
_BLOCK = 1024  # samples, as AAC takes them
_BT709 = 1  # the same number in AVColorSpace, AVColorPrimaries and AVColorTransferCharacteristic
_LIMITED = 1  # AVCOL_RANGE_MPEG
_SMALL = 512 * 512  # pixels up to which a film is encoded by one thread

_X264 = {"preset": "veryfast", "crf": "18", "me_method": "dia", "forced-idr": "1"}
"""Search of motion by a diamond: a tenth less time than the preset's hexagon, and files as large, of faces on a still
ground."""
_VP9 = {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "26", "b": "0"}


@dataclass(frozen=True)
class Plan:
    """Size, rate, sound and metadata of a film to write."""

    width: int
    height: int
    fps: float
    sound: Path | None = None
    channels: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)
    track: int | None = None  # of the sound


def write_mp4(path: Path, pictures: Iterator[Picture], plan: Plan) -> int:
    """Write H.264 and AAC with the index in front (faststart); return the number of frames."""
    with created(path, "mp4", movflags="+faststart+use_metadata_tags") as out:
        count = _encode(out, pictures, plan, ("libx264", _X264), ("aac", 128_000))
    check_whole(path)
    return count


def write_webm(path: Path, pictures: Iterator[Picture], plan: Plan) -> int:
    """Write VP9 and Opus; return the number of frames."""
    with created(path, "webm") as out:
        return _encode(out, pictures, plan, ("libvpx-vp9", _VP9), ("libopus", 96_000))


def _encode(
    out: OutputContainer,
    pictures: Iterator[Picture],
    plan: Plan,
    film_codec: tuple[str, dict[str, str]],
    sound_codec: tuple[str, int],
) -> int:
    out.metadata.update(plan.metadata)
    film = _film(out, plan, *film_codec)
    sound_encoder = _SoundEncoder(out, plan, *sound_codec) if plan.sound is not None else None
    reformatter = VideoReformatter()
    size = encodable_size(plan.width, plan.height)
    count = 0
    for count, picture in enumerate(pictures, start=1):
        frame = reformatter.reformat(
            _even(picture), *size, "yuv420p", dst_colorspace=Colorspace.ITU709, interpolation=Interpolation.AREA
        )
        frame.pts = count - 1
        frame.time_base = 1 / exact(plan.fps)
        out.mux(film.encode(frame))
        if sound_encoder is not None:
            sound_encoder.encode_until(Fraction(count) / exact(plan.fps))
    out.mux(film.encode(None))
    if sound_encoder is not None:
        sound_encoder.end()
    return count


def _film(out: OutputContainer, plan: Plan, codec: str, options: dict[str, str]) -> VideoStream:
    stream = out.add_stream(codec, rate=exact(plan.fps), options=options)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = encodable_size(plan.width, plan.height)
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    if stream.width * stream.height <= _SMALL:
        context.thread_count = 1  # threads of small pictures wait for one another more than they gain
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED
    return stream


def encodable_size(width: int, height: int) -> tuple[int, int]:
    """The size at which pictures are encoded: even, and reduced to what players and encoders support."""
    scale = min(1.0, LARGEST / max(width, height), (MOST_PIXELS / (width * height)) ** 0.5)
    if scale == 1:
        return width + width % 2, height + height % 2
    return max(2, int(width * scale / 2) * 2), max(2, int(height * scale / 2) * 2)


def _even(picture: Picture) -> VideoFrame:
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")


class _SoundEncoder:
    """Encodes the film's sound in step with its frames."""

    def __init__(self, out: OutputContainer, plan: Plan, codec: str, bit_rate: int) -> None:
        self._out = out
        layout = "mono" if plan.channels == 1 else "stereo"
        stream = out.add_stream(codec, rate=_SOUND_RATE, layout=layout)
        assert isinstance(stream, AudioStream)
        stream.bit_rate = bit_rate
        self._stream = stream
        self._layout = layout
        self._blocks = sound_blocks(plan.sound or "", _SOUND_RATE, plan.channels, _BLOCK, plan.track)
        self._rest: Samples = np.zeros((plan.channels, 0), dtype=np.float32)
        self._written = 0

    def encode_until(self, seconds: Fraction) -> None:
        """Encode the sound up to this time of the film; does nothing after the end of the sound."""
        last = round(seconds * _SOUND_RATE)
        while self._written < last:
            if not self._rest.shape[1]:
                block = next(self._blocks, None)
                if block is None:
                    return
                self._rest = block
            now, self._rest = np.split(self._rest, [last - self._written], axis=1)
            self._write(now)

    def end(self) -> None:
        """Flush the encoder."""
        self._out.mux(self._stream.encode(None))

    def _write(self, samples: Samples) -> None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate = _SOUND_RATE
        frame.pts = self._written
        frame.time_base = Fraction(1, _SOUND_RATE)
        self._written += samples.shape[1]
        self._out.mux(self._stream.encode(frame))

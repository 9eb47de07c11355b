"""Films, pictures and sounds made on the spot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from x2face_core.media.pictures import Picture

FilmMaker = Callable[..., Path]


@pytest.fixture(scope="session")
def portrait() -> Picture:
    """(512, 512, 3): a public-domain portrait with one face, about 100 pixels wide, at the middle's left upper side."""
    from skimage.data import astronaut

    picture: Picture = astronaut()
    return picture


def grey(value: int, height: int = 48, width: int = 64) -> Picture:
    """A picture of one grey."""
    return np.full((height, width, 3), value, dtype=np.uint8)


def greys(count: int, height: int = 48, width: int = 64) -> list[Picture]:
    """Pictures that can be told apart after encoding: grey 40, 44, 48, …"""
    return [grey(40 + 4 * number % 200, height, width) for number in range(count)]


def clicks(seconds: float, at: Sequence[float], rate: int = 48000) -> NDArray[np.float32]:
    """(1, n) silence with bursts of 5 ms."""
    sound = np.zeros((1, round(seconds * rate)), dtype=np.float32)
    for time in at:
        start = round(time * rate)
        burst = np.arange(round(0.005 * rate))
        sound[0, start : start + burst.size] = 0.8 * np.sin(burst * 2 * np.pi * 2000 / rate)
    return sound


@pytest.fixture
def make_film(tmp_path: Path) -> FilmMaker:
    """Write a film with PyAV alone, so that what reads is not tested by what writes."""

    def make(
        name: str = "film.mp4",
        pictures: Sequence[Picture] | None = None,
        *,
        times: Sequence[float] | None = None,
        fps: float = 25,
        turned: int | None = None,
        mirrored: bool = False,
        sound: NDArray[np.float32] | None = None,
        aspect: Fraction | None = None,
    ) -> Path:
        path = tmp_path / name
        pictures = greys(25) if pictures is None else pictures
        times = [number / fps for number in range(len(pictures))] if times is None else times
        with av.open(str(path), "w") as out:
            film = _film(out, pictures, fps, path.suffix)
            if turned is not None:
                film.set_display_rotation(turned, hflip=mirrored)
            if aspect is not None:
                film.codec_context.sample_aspect_ratio = aspect
            voice = None if sound is None else _voice(out, path.suffix)
            for picture, time in zip(pictures, times, strict=True):
                frame = av.VideoFrame.from_ndarray(picture).reformat(format="yuv420p")
                frame.pts, frame.time_base = round(time * 12800), Fraction(1, 12800)
                out.mux(film.encode(frame))
            out.mux(film.encode(None))
            if voice is not None and sound is not None:
                _speak(out, voice, sound)
        return path

    return make


def _film(out: Any, pictures: Sequence[Picture], fps: float, suffix: str) -> Any:
    codec = {".webm": "libvpx-vp9", ".avi": "mpeg4"}.get(suffix, "libx264")
    # x264's macroblock tree does not tell the same in every run, on busy processors with AVX-512
    options = {"x264-params": "mbtree=0"} if codec == "libx264" else {}
    film = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=options)
    film.height, film.width = pictures[0].shape[:2]
    film.pix_fmt = "yuv420p"
    film.codec_context.time_base = Fraction(1, 25 if suffix == ".avi" else 12800)
    return film


def _voice(out: Any, suffix: str) -> Any:
    return out.add_stream("libopus" if suffix == ".webm" else "aac", rate=48000, layout="mono")


def _speak(out: Any, voice: Any, sound: NDArray[np.float32]) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
    out.mux(voice.encode(frame))
    out.mux(voice.encode(None))


@pytest.fixture
def make_wav(tmp_path: Path) -> Callable[..., Path]:
    """Write (1, n) samples as a .wav with the standard library."""
    import wave

    def make(sound: NDArray[np.float32], rate: int = 48000, name: str = "sound.wav") -> Path:
        with wave.open(str(tmp_path / name), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes((sound[0] * 32767).astype("<i2").tobytes())
        return tmp_path / name

    return make


@pytest.fixture(name="grey")
def _grey_fixture() -> Callable[..., Picture]:
    return grey


@pytest.fixture(name="greys")
def _greys_fixture() -> Callable[..., list[Picture]]:
    return greys


@pytest.fixture(name="clicks")
def _clicks_fixture() -> Callable[..., NDArray[np.float32]]:
    return clicks


@pytest.fixture
def portrait_film(portrait: Picture) -> Callable[..., list[Picture]]:
    """The portrait swaying; in the frames of `hidden` only a plain wall."""

    def film(count: int, *, hidden: range | None = None) -> list[Picture]:
        return [_sway(portrait, number, hidden) for number in range(count)]

    return film


def _sway(portrait: Picture, number: int, hidden: range | None) -> Picture:
    if hidden is not None and number in hidden:
        return grey(120, 320, 320)
    moved = Image.fromarray(np.roll(portrait, round(12 * np.sin(number / 8)), axis=1))
    return np.asarray(moved.resize((320, 320), Image.Resampling.BOX))

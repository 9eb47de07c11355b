"""Live sound in blocks from a microphone, or from a file at real-time pace."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from x2face_audio.sync.sounds import Samples
from x2face_plugins import InputError, MissingError
from x2face_plugins.media import read_sound_blocks

BLOCK = 0.08
"""Length of a block in seconds."""


def listen(device: str | None, rate: int) -> Iterator[Samples]:
    """Yield mono float32 blocks in [-1, 1], endlessly from a microphone.

    device: name or number of a microphone, or a file; None: the default microphone
    rate: samples a second
    """
    if device is not None and Path(device).is_file():
        return paced(Path(device), rate)
    return _recorded(device, rate)


def paced(path: Path, rate: int) -> Iterator[Samples]:
    """A file's sound in blocks, each at the time at which a microphone would have recorded it."""
    started = time.monotonic()
    for number, block in enumerate(read_sound_blocks(path, rate, BLOCK)):
        time.sleep(max(0.0, started + (number + 1) * BLOCK - time.monotonic()))
        yield block


def _recorded(device: str | None, rate: int) -> Iterator[Samples]:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise MissingError(
            f"--audio mic needs sounddevice and PortAudio ({error}): `pip install 'x2face[microphone]'`, and on Linux "
            "PortAudio itself (Debian: libportaudio2); `--audio-device FILE` has a file stand in for a microphone."
        ) from error
    number: int | str | None = int(device) if device is not None and re.fullmatch(r"[0-9]{1,3}", device) else device
    size = round(BLOCK * rate)
    try:
        with sounddevice.InputStream(samplerate=rate, channels=1, dtype="float32", device=number) as microphone:
            while True:
                yield np.ascontiguousarray(microphone.read(size)[0][:, 0])
    except (sounddevice.PortAudioError, ValueError) as error:
        named = "the default microphone" if device is None else f"--audio-device {device}"
        raise InputError(
            f"{named}: cannot be heard ({str(error).rstrip('.')}); another --audio-device, or a file there that stands "
            "in for a microphone, would do."
        ) from error

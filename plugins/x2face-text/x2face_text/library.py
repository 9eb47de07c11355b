"""eSpeak NG through its shared library: `python -m x2face_text.library` takes options and input of the program.

It runs in a separate process because of the library's licence (GPL), and to contain crashes.

The numbers are those of espeak-ng's speak_lib.h.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import wave
from pathlib import Path

RETRIEVE, DO_NOT_EXIT = 0x02, 0x8000  # of espeak_Initialize: sound through a callback; return -1 if data are missing
RATE, UTF8, CHARACTERS = 1, 1, 1
SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="x2face_text.library")
    parser.add_argument("-v", dest="voice", default="en")
    parser.add_argument("-s", dest="speed", type=int, default=160)
    parser.add_argument("-w", dest="output", type=Path, required=True)
    parser.add_argument("-b", choices=["1"], default="1")
    parser.add_argument("--stdin", action="store_true", required=True)
    given = parser.parse_args(arguments)
    rate, samples = synthesise(sys.stdin.buffer.read(), given.voice, given.speed)
    with wave.open(str(given.output), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(samples)


def synthesise(text: bytes, voice: str, speed: int) -> tuple[int, bytes]:
    """Synthesise UTF-8 text: sample rate, and 16-bit samples. SystemExit with a message on errors."""
    import espeakng_loader  # type: ignore[import-not-found,unused-ignore]

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(RETRIEVE, 0, espeakng_loader.get_data_path().encode(), DO_NOT_EXIT)
    if rate <= 0:
        sys.exit("espeakng-loader holds no data of eSpeak NG.")
    if library.espeak_SetVoiceByName(voice.encode()):
        sys.exit("The specified espeak-ng voice does not exist.")
    library.espeak_SetParameter(RATE, speed, 0)
    blocks: list[bytes] = []

    def on_samples(samples: int | None, count: int, events: int | None) -> int:
        if samples and count > 0:
            blocks.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = SynthCallback(on_samples)
    library.espeak_SetSynthCallback(callback)
    size, nowhere = ctypes.c_size_t(len(text) + 1), ctypes.c_uint(0)
    if library.espeak_Synth(text, size, nowhere, CHARACTERS, nowhere, ctypes.c_uint(UTF8), None, None):
        sys.exit("eSpeak NG cannot say it.")
    library.espeak_Synchronize()
    return rate, b"".join(blocks)


if __name__ == "__main__":
    main()

"""Speech synthesis by eSpeak NG in a separate process: the program, or the library from a wheel."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import wave
from pathlib import Path

from x2face_plugins import InputError, MissingError

PROGRAMS = ("espeak-ng", "espeak")  # which take the same options
LIBRARY = "espeakng_loader"
PATIENCE = 60.0  # time limit in seconds; synthesis is hundreds of times faster than real time
SHORTEST = 0.05  # seconds: a shorter result is a click without speech


def speak(text: str, path: Path, voice: str, speed: int) -> None:
    """Synthesise a text to a mono 16-bit .wav.

    speed: words a minute
    MissingError if no synthesiser is installed; InputError for an unknown voice, or if the result is silent.
    """
    name, command = speaker()
    try:
        done = subprocess.run(
            [*command, "-v", voice, "-s", str(speed), "-b", "1", "-w", str(path), "--stdin"],
            input=text.replace("\0", " ").encode("utf-8", "replace"),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"--text: {name} has not said it in {PATIENCE:.0f} s; give a shorter text.") from error
    except OSError as error:
        raise MissingError(f"--text: {name} cannot be run ({error.strerror}); {remedy()}.") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise InputError(f"--text-voice {voice}: {name} cannot say it: {lines[-1].removeprefix('Error: ')}")
    if seconds_of(path) < SHORTEST:
        raise InputError(f"--text: {name} makes no sound of it in the voice {voice}; another one may know its letters.")


def speaker() -> tuple[str, list[str]]:
    """Name and command of the synthesiser. MissingError says what to install if there is none."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return name, [found]
    if importlib.util.find_spec(LIBRARY):
        return "eSpeak NG", [sys.executable, "-P", "-m", "x2face_text.library"]
    raise MissingError(f"--text needs eSpeak NG, which is not installed; {remedy()}.")


def remedy() -> str:
    ways = {"darwin": "brew install espeak-ng", "win32": "winget install eSpeak-NG.eSpeak-NG"}
    way = ways.get(sys.platform, "apt install espeak-ng")
    return f"`{way}` or `pip install 'x2face-text[espeak]'` brings it"


def seconds_of(path: Path) -> float:
    """Length of a .wav in seconds; 0 if the file is missing."""
    try:
        with wave.open(str(path)) as file:
            return float(file.getnframes() / file.getframerate())
    except (OSError, EOFError, wave.Error):
        return 0.0

"""Text to speech by eSpeak NG, always in a process of its own: the program, or the library that a wheel carries."""

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
PATIENCE = 60.0  # seconds; speech is made hundreds of times faster than it is heard
SHORTEST = 0.05  # seconds: less is the click that stands for silence


def speak(text: str, path: Path, voice: str, speed: int) -> None:
    """Write what is said as a mono .wav of 16 bits.

    speed: words a minute
    Raises MissingError where nothing can speak; InputError for an unknown voice, or where nothing is heard.
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
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise InputError(f"--text-voice {voice}: {name} cannot say it: {said[-1].removeprefix('Error: ')}")
    if seconds_of(path) < SHORTEST:
        raise InputError(f"--text: {name} makes no sound of it in the voice {voice}; another one may know its letters.")


def speaker() -> tuple[str, list[str]]:
    """What speaks: its name and how a command begins. MissingError, saying what to install, where nothing does."""
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
    """How long a .wav lasts; 0 where there is none."""
    try:
        with wave.open(str(path)) as file:
            return float(file.getnframes() / file.getframerate())
    except (OSError, EOFError, wave.Error):
        return 0.0

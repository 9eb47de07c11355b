"""The driver: synthesises speech from a text, and delegates to the driver audio."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_plugins import Chunk, InputError, Source

from x2face_text.speaking import speak

if TYPE_CHECKING:
    from x2face_text.settings import Settings


class TextDriver:
    """The offsets of the driver audio, including how it keeps the pose.

    sound: temporary file with the speech, for the film; it exists as long as the driver
    """

    relative = True

    def __init__(self, settings: Settings) -> None:
        text = text_of(settings.input)
        folder = tempfile.mkdtemp(prefix="x2face-text-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.sound = Path(folder) / "speech.wav"
        speak(text, self.sound, settings.voice, settings.speed)

    def drive(self, source: Source) -> Iterator[Chunk]:
        yield from source.drive("audio", input=str(self.sound))


def text_of(given: str) -> str:
    """The text to speak: the argument itself, or the content of a file if it ends in .txt.

    InputError if the file cannot be read, or the text is empty.
    """
    text = _read(Path(given)) if given.lower().endswith(".txt") and "\n" not in given else given
    if not any(letter.isalnum() for letter in text):
        raise InputError(f"--text {_short(given)}: there is nothing in it to say; a word at least is needed.")
    return text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no UTF-8 text (byte {error.start}); save it as one.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _short(text: str, most: int = 40) -> str:
    return repr(text if len(text) <= most else text[: most - 1] + "…")

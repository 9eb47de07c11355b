"""Settings of the driver."""

from __future__ import annotations

import re
from dataclasses import dataclass

from x2face_plugins import option

_VOICE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]*")  # neither an option of the program nor a path out of its voices


@dataclass(frozen=True)
class Settings:
    """The text, the voice and the speed."""

    input: str = option(metavar="TEXT|FILE.txt", help="What to say, or a text file (UTF-8) that holds it.")
    voice: str = option("en", help="A voice of eSpeak's: a language such as en-us or de, or with a variant, en+f3.")
    speed: int = option(160, help="Words a minute.", min=80, max=450)

    def __post_init__(self) -> None:
        if not _VOICE.fullmatch(self.voice):
            raise ValueError(f"{self.voice!r} is no name of a voice such as en-us, de or en+f3")

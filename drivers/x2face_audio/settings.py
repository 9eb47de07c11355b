"""Settings of the audio driver, and sizes of its features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from x2face_plugins import UsageError, option

FEATURES = 128
PAPER_FEATURES = 256
"""Numbers of a feature of speech in the paper (4.2); FEATURES: in ours."""
FEATURE_FILES = (".npz", ".npy")
MICROPHONE = "mic"


@dataclass(frozen=True)
class Settings:
    """The sound, and the gain and smoothing of the lips."""

    input: str = option(
        metavar="FILE|mic",
        help="A file with sound, a film too; mic: a microphone (needs the extra `microphone`); a .npz, or a folder of "
        "them, with the paper's features.",
    )
    gain: float = option(1.0, help="How widely the mouth moves; 1: as widely as people's do.", min=0, max=5)
    smooth: float | None = option(
        None,
        help="Standard deviation of the smoothing in time, in frames of 1/25 s; 0: none; by default 0.8, features 0.",
        min=0,
        max=10,
    )
    device: str | None = option(
        None, metavar="NAME|FILE", help="With mic: which one, or a file that plays as if it were one."
    )
    track: int | None = option(
        None, min=1, help="Which of a file's tracks of sound, from 1; otherwise its default, or the first that speaks."
    )
    correction: Literal["held", "paper", "none"] = option(
        "held",
        help="How the head is kept still: as the released code does, by the paper's printed equation, not at all.",
    )
    rest: Path | None = option(
        None, metavar="FILE.npz", help="With features: those of the source's own sound; by default the mean of all."
    )
    fps: float | None = option(None, help="With features: rows a second; by default 25.", min=1, max=240)

    def refuse(self, names: tuple[str, ...], suits: str, input_is: str) -> None:
        """UsageError for settings that are given, but go with another kind of input."""
        for name in names:
            if getattr(self, name) is not None:
                raise UsageError(f"--audio-{name} goes with {suits}; {self.input} is {input_is}.")

    @property
    def of_features(self) -> bool:
        """Whether the input is feature files, not sound."""
        path = Path(self.input)
        return self.input != MICROPHONE and (path.suffix.lower() in FEATURE_FILES or path.is_dir())

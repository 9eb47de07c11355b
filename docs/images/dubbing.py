"""The picture of docs/dubbing.md: `python docs/images/dubbing.py`, in a checkout with the package installed."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from x2face_core.media.video import read_frames
from x2face_lab.demo.inputs import FILM, SPEECH
from x2face_plugins.filming import run

SHEET = Path(__file__).with_suffix(".png")
MOMENTS = (0, 14, 28, 42, 56, 70, 84, 98)  # frames
SIDE = 150


def main(film: Path) -> None:
    """Draw the sheet from a film that `--compare` made."""
    frames = list(read_frames(film))
    rows = [np.concatenate([_small(frames[k], half) for k in MOMENTS], axis=1) for half in (0, 1)]
    few = Image.fromarray(np.concatenate(rows)).quantize(256, Image.Quantize.MAXCOVERAGE, 3, dither=Image.Dither.NONE)
    few.save(SHEET, optimize=True)


def _small(frame: np.ndarray, half: int) -> np.ndarray:
    side = frame.shape[0]
    return np.asarray(
        Image.fromarray(frame[:, half * side : (half + 1) * side]).resize((SIDE, SIDE), Image.Resampling.BOX)
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with TemporaryDirectory() as folder:
            run(FILM, source_motion="keep", audio=SPEECH, seconds=4, compare=True, output=f"{folder}/dubbed.mp4")
            main(Path(folder) / "dubbed.mp4")

"""The pictures of docs/figures.md: `python docs/images/figures.py [NAME.png …]`, with the package installed."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from x2face_cli.app import main
from x2face_lab.demo.inputs import FILM, PICTURE

HERE = Path(__file__).parent
LINES = {
    "figure-pose.png": ["pose"],
    "figure-audio.png": ["audio"],
    "figure-edit.png": ["edit"],
    "figure-edit-film.png": ["edit", "--frame", str(FILM)],
    "figure-warp.png": ["warp", "--frames", "5", "--seconds", "6"],  # needs the extra `landmarks`
    "figure-sources.png": ["sources", "--frames", "5"],
    "figure-scar.png": ["scar", "-s", str(PICTURE), "--frames", "5"],
}
COLOURS = 256  # below 350 kB, at most 21 grey levels off


def make(name: str, line: list[str]) -> None:
    """Draw one figure, and keep it in few colours."""
    with TemporaryDirectory() as folder:
        drawn = Path(folder) / name
        if main(["figure", *line, "-o", str(drawn)]):
            raise SystemExit(1)
        with Image.open(drawn) as picture:
            few = picture.convert("RGB").quantize(
                COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE
            )
        few.save(HERE / name, optimize=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or LINES:
        make(name, LINES[name])

"""Contact sheet of the demo's films, a driver a row: `x2face demo && python docs/images/demo.py outputs/demo`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from x2face_core.media.video import read_frames

SHEET = Path(__file__).with_suffix(".png")
SIDE, GAP, LABEL = 134, 3, 76  # pixels
COLOURS = 256


@dataclass(frozen=True)
class Row:
    """Moments of one film.

    panel: which third, in a film that shows source, driving picture and result; inner: share of the picture shown
    captions: the syllable spoken at each moment
    """

    label: str
    film: str
    seconds: Sequence[float]
    panel: int = 0
    panels: int = 1
    inner: float = 1.0
    captions: Sequence[str] = ()

    def pictures(self, folder: Path) -> list[Image.Image]:
        frames = list(read_frames(folder / self.film))
        wanted = [frames[min(int(25 * seconds), len(frames) - 1)] for seconds in self.seconds]
        return [self.shown(picture) for picture in wanted]

    def shown(self, picture: np.ndarray) -> Image.Image:
        side = picture.shape[1] // self.panels
        edge = (1 - self.inner) * side
        box = (self.panel * side + edge / 2, 0.9 * edge, (self.panel + 1) * side - edge / 2, side - 0.1 * edge)
        return Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS, box)


MOVED = (1.2, 1.95, 2.65, 3.1, 3.65, 5.05, 5.9, 6.75)
TURNED = (0.0, 0.83, 1.25, 1.67, 2.5, 3.33, 3.75, 4.17)
LEANT = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
SPEECH_SECONDS = (0.15, 1.28, 1.51, 2.33, 2.75, 4.25, 4.9, 5.65)
CAPTIONS = ("(silence)", "I", "aM", "phOto", "photogrAph", "drIves", "liPs", "wAtch")
ROWS = (
    Row("a film", "astronaut-frame.mp4", MOVED, 1, 3),
    Row("--frame", "astronaut-frame.mp4", MOVED, 2, 3),
    Row("", "sitter-frame.mp4", MOVED, 2, 3),
    Row("--pose", "astronaut-pose.mp4", TURNED),
    Row("--audio", "sitter-audio.mp4", SPEECH_SECONDS, inner=0.6, captions=CAPTIONS),
    Row("--edit\n--pose", "astronaut-edit.mp4", LEANT),
    Row("--audio\n--pose\n--idle\n--edit", "sitter-together.mp4", SPEECH_SECONDS, captions=CAPTIONS),
)


def sheet(folder: Path, rows: Sequence[Row]) -> Image.Image:
    """All rows, one below the other, each with its label at the left."""
    columns = max(len(row.seconds) for row in rows)
    step = SIDE + GAP
    whole = Image.new("RGB", (LABEL + columns * step - GAP, len(rows) * step - GAP), "white")
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(16)
    for y, row in enumerate(rows):
        pen.text((2, y * step + SIDE // 2), row.label, "black", font, anchor="lm")
        for x, picture in enumerate(row.pictures(folder)):
            whole.paste(picture, (LABEL + x * step, y * step))
        for x, caption in enumerate(row.captions):
            place = (LABEL + x * step + SIDE // 2, (y + 1) * step - GAP - 7)
            pen.text(place, caption, "white", font, anchor="ms", stroke_width=2, stroke_fill="black")
    return whole


if __name__ == "__main__":
    films = Path(sys.argv[1] if len(sys.argv) > 1 else "outputs/demo")
    made = sheet(films, [row for row in ROWS if (films / row.film).exists()])
    made.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=4).save(
        sys.argv[2] if len(sys.argv) > 2 else SHEET, optimize=True
    )

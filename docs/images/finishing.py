"""The picture of Poisson finishing in docs/finishing.md: `python docs/images/finishing.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from x2face_core.media.images import read_picture
from x2face_lab.demo.inputs import FILM, PICTURE
from x2face_plugins.filming import run

SHEET = Path(__file__).with_name("poisson.png")
COUNT, SIDE, APART = 5, 190, 8


def main(plain: Path, finished: Path) -> None:
    """Draw driving pictures, plain and finished frames. plain: folder of a run with --compare; finished: without"""
    panels = [np.split(read_picture(file), 3, axis=1)[1:] for file in sorted(plain.glob("*.png"))]
    after = [read_picture(file) for file in sorted(finished.glob("*.png"))]
    changed = [float(np.abs(a.astype(int) - b[1]).mean()) for a, b in zip(after, panels, strict=True)]
    chosen: list[int] = []
    for k in np.argsort(changed)[::-1]:
        if all(abs(int(k) - one) >= APART for one in chosen) and len(chosen) < COUNT:
            chosen.append(int(k))
    rows = [[panels[k][0] for k in chosen], [panels[k][1] for k in chosen], [after[k] for k in chosen]]
    sheet = np.concatenate([np.concatenate([_small(one) for one in row], axis=1) for row in rows])
    Image.fromarray(sheet).quantize(256, Image.Quantize.MAXCOVERAGE, 3, dither=Image.Dither.NONE).save(
        SHEET, optimize=True
    )


def _small(picture: np.ndarray) -> np.ndarray:
    """The face, without most of what is around it."""
    side = picture.shape[0]
    box = (side // 6, side // 6, side - side // 6, side - side // 6)
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.LANCZOS, box))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        with TemporaryDirectory() as folder:
            run(PICTURE, frame=FILM, seconds=4, compare=True, output=f"{folder}/plain/")
            run(PICTURE, frame=FILM, seconds=4, finish="poisson", output=f"{folder}/poisson/")
            main(Path(folder) / "plain", Path(folder) / "poisson")

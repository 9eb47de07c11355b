"""The other pictures of docs/finishing.md: `python docs/images/finishing_figures.py`.

The demo's sitter is put before a drawn shelf, so that there is something behind the head.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import binary_erosion, binary_fill_holes, binary_opening, gaussian_filter

from x2face_core.media.images import read_picture, write_picture
from x2face_core.pixels import to_tensor
from x2face_core.rendering.filling import without_hole
from x2face_core.rendering.matting import person_matte
from x2face_lab.demo.inputs import PICTURE
from x2face_plugins.filming import run
from x2face_plugins.session import Session

HERE = Path(__file__).parent
WIDTH, SIDE, LEFT = 832, 512, 170  # of the room, of the sitter, and where the sitter begins; pixels
TURN = {"pose_yaw": "-22:22", "pose_seconds": 1.0}
BOOKS = ("#2f4858", "#7d3c38", "#c9b58a", "#3f6b57", "#a7683f", "#5c4a72", "#8f9aa0")
Picture = NDArray[np.uint8]


def shelf(width: int, height: int) -> Image.Image:
    """Books by a fixed seed, a little out of focus."""
    rng, picture = np.random.default_rng(4), Image.new("RGB", (width, height), (92, 70, 52))
    draw = ImageDraw.Draw(picture)
    for top in range(-20, height, 128):
        x = 4
        while x < width:
            wide, tall = int(rng.integers(12, 34)), int(rng.integers(70, 108))
            draw.rectangle((x, top + 116 - tall, x + wide - 3, top + 116), BOOKS[rng.integers(len(BOOKS))])
            draw.line((x + wide // 3, top + 124 - tall, x + wide // 3, top + 108), (225, 215, 190), 2)
            x += wide
        draw.rectangle((0, top + 117, width, top + 127), (128, 96, 66))
    return picture.filter(ImageFilter.GaussianBlur(1.5))


def room() -> Picture:
    """(512, 832, 3): the sitter before the shelf, cut out by what differs from the demo's smooth wall."""
    sitter = read_picture(PICTURE)
    wall = without_hole(sitter, person_matte(to_tensor([sitter])[0])[0].numpy() > 0).astype(int)
    person = binary_opening(binary_fill_holes(np.abs(sitter - wall).max(axis=2) > 14), iterations=2)
    mask = gaussian_filter(binary_erosion(person, border_value=1).astype(float), 0.8)[..., None]
    picture = np.array(shelf(WIDTH, SIDE))
    part = picture[:, LEFT : LEFT + SIDE]
    part[:] = np.round(part + mask * (sitter.astype(float) - part))
    return picture


@cache
def session() -> Session:
    return Session.load(engine="torch")


def frames(folder: Path, source: Path, **words: Any) -> list[Picture]:
    """All frames of a run."""
    output = folder / f"run{len(list(folder.iterdir()))}"
    run(source, output=f"{output}/", session=session(), **words)
    return [read_picture(file) for file in sorted(output.glob("*.png"))]


def save(name: str, rows: Sequence[Sequence[Picture]]) -> None:
    """A sheet of pictures of one size, in 256 colours."""
    sheet = Image.fromarray(np.concatenate([np.concatenate(list(row), axis=1) for row in rows]))
    few = sheet.quantize(256, Image.Quantize.MAXCOVERAGE, 3, dither=Image.Dither.NONE)
    few.save(HERE / f"{name}.png", optimize=True)


def resized(picture: Picture, width: int, box: tuple[int, int, int, int] | None = None) -> Picture:
    """A part of a picture (left, top, right, bottom), that many pixels wide."""
    left, top, right, bottom = box or (0, 0, picture.shape[1], picture.shape[0])
    height = round(width * (bottom - top) / (right - left))
    return np.asarray(
        Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS, (left, top, right, bottom))
    )


def background(folder: Path, source: Path) -> None:
    rows = [frames(folder, source, **TURN, background=one, size=256) for one in ("move", "keep")]
    save("background", [[resized(row[k], 190) for k in (0, 6, 12, 18, 24)] for row in rows])


def crop_shows(folder: Path, source: Path) -> None:
    shown = [frames(folder, source, **TURN, crop_shows=one, size=256)[20] for one in ("face", "head")]
    save("crop-shows", [shown])


def smooth(folder: Path, source: Path) -> None:
    """A row of pixels through the eyes, over time downwards, of a film driven by a shaking head."""
    rng, path = np.random.default_rng(0), folder / "shaky.csv"
    shaking = rng.normal(0, 1.5, (75, 3)).cumsum(0) * 0.2 + rng.normal(0, 1.5, (75, 3))
    rows = [f"{k / 25:.2f},{a:.2f},{b:.2f},{c:.2f}" for k, (a, b, c) in enumerate(shaking)]
    path.write_text("\n".join(["seconds,roll,pitch,yaw", *rows]) + "\n")
    slices = []
    for amount in (0.0, 1.0, 3.0):
        film = frames(folder, source, pose=path, smooth=amount, size=256)
        slices.append(resized(np.stack([one[118] for one in film]), 256, (48, 0, 208, 75)))
    save("smooth", [slices])


def sharpen(folder: Path, source: Path) -> None:
    films = [frames(folder, source, **TURN, sharpen=one, size=512)[16] for one in (0.0, 0.5, 1.0)]
    save("sharpen", [[resized(one, 250, (150, 90, 390, 330)) for one in films]])


def size(folder: Path, source: Path) -> None:
    films = [frames(folder, source, **TURN, size=one)[16] for one in (256, 512)]
    save("size", [[resized(one, 300, eyes_of(len(one))) for one in films]])


def eyes_of(side: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the region about the eyes, in a frame of that side."""
    left, top, right, bottom = (side * n // 512 for n in (170, 130, 370, 330))
    return left, top, right, bottom


def paste_back(folder: Path, source: Path) -> None:
    film = frames(folder, source, **TURN, paste_back=True, background="keep")
    save("paste-back", [[resized(one, 400) for one in (read_picture(source), film[22])]])


FIGURES = (background, crop_shows, smooth, sharpen, size, paste_back)

if __name__ == "__main__":
    with TemporaryDirectory() as place:
        picture = Path(place) / "room.png"
        write_picture(picture, room())
        for figure in FIGURES:
            (Path(place) / figure.__name__).mkdir()
            figure(Path(place) / figure.__name__, picture)

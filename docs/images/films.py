"""The short films of docs/animators.md: `python docs/images/films.py [NAME …]`, with the package installed.

All people in them are the package's own: a rendered head, and NASA's portrait of Eileen Collins (public domain).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from skimage.data import astronaut

from x2face_core.media.images import read_picture
from x2face_lab.demo.inputs import FILM, PICTURE, SPEECH
from x2face_plugins.filming import run

HERE = Path(__file__).parent
STEP, RATE = 2, 25  # every second frame of 25 a second
LARGEST = 300_000  # bytes of a film

Picture = np.ndarray


def save(name: str, pictures: Iterator[Picture], width: int, milliseconds: int = 1000 * STEP // RATE) -> None:
    """Write an animated webp, in the best quality that stays below LARGEST."""
    frames = [_reduced(one, width) for one in pictures]
    for quality in (80, 70, 60, 50, 40, 30):
        path = HERE / f"{name}.webp"
        frames[0].save(
            path, save_all=True, append_images=frames[1:], duration=milliseconds, loop=0, quality=quality, method=6
        )
        if path.stat().st_size <= LARGEST:
            break
    sys.stdout.write(f"{path.name}: {len(frames)} frames, {path.stat().st_size // 1000} kB, quality {quality}\n")


def _reduced(picture: Picture, width: int) -> Image.Image:
    whole = Image.fromarray(picture)
    return whole.resize((width, round(whole.height * width / whole.width)), Image.Resampling.LANCZOS)


def shown(folder: Path) -> Iterator[Picture]:
    for path in sorted(folder.glob("*.png"))[::STEP]:
        yield read_picture(path)


def speech(folder: Path) -> Iterator[Picture]:
    """The portrait speaks, and moves its head a little."""
    Image.fromarray(astronaut()).save(photo := folder / "portrait.png")
    run(photo, audio=SPEECH, idle=True, seconds=3.2, mark="AI-generated", output=f"{folder}/speech/")
    yield from shown(folder / "speech")


def dubbing(folder: Path) -> Iterator[Picture]:
    """The rendered film, and beside it dubbed."""
    run(FILM, source_motion="keep", audio=SPEECH, seconds=3.2, compare=True, output=f"{folder}/dubbed/")
    yield from shown(folder / "dubbed")


def finishing(folder: Path) -> Iterator[Picture]:
    """The driving film, the plain result, and the one with teeth and lids of the driver."""
    run(PICTURE, frame=FILM, seconds=2.2, compare=True, output=f"{folder}/plain/")
    run(PICTURE, frame=FILM, seconds=2.2, finish="poisson", output=f"{folder}/poisson/")
    for before, after in zip(shown(folder / "plain"), shown(folder / "poisson"), strict=True):
        yield np.concatenate([*np.split(before, 3, axis=1)[1:], after], axis=1)


FILMS: dict[str, tuple[Callable[[Path], Iterator[Picture]], int]] = {
    "film-speech": (speech, 240),
    "film-dubbing": (dubbing, 480),
    "film-finishing": (finishing, 600),
}


if __name__ == "__main__":
    for name in sys.argv[1:] or FILMS:
        make, width = FILMS[name]
        with TemporaryDirectory() as folder:
            save(name, make(Path(folder)), width)

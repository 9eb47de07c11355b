"""Films of the pages of `x2face web` and `x2face live`, by a Chromium: `python docs/images/recordings.py`."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from films import save
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from serving import serving

from x2face_lab.demo.inputs import FILM, PICTURE

_YAW = [*range(0, 21, 4), *range(16, -21, -4), *range(-16, 1, 4)]


def shot(page: Page) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))


def studio(page: Page, photo: Path) -> Iterator[np.ndarray]:
    """The sliders turn the head and open its mouth."""
    page.set_input_files("#source input[type=file]", photo)
    page.wait_for_selector("#preview-picture")
    page.wait_for_timeout(4000)
    moves = [("pose-yaw", value) for value in _YAW]
    moves += [("mouth-open", value) for value in (0.01, 0.02, 0.03, 0.04, 0.03, 0.02, 0.01, 0)]
    for slider, value in moves:
        before = page.get_attribute("#preview-picture", "src")
        page.locator(f"#slider-{slider} input[type=number]").fill(str(value))
        if value or slider != "pose-yaw":
            page.wait_for_function("old => document.querySelector('#preview-picture').src !== old", arg=before)
        page.evaluate("window.scrollTo(0, 0)")
        yield shot(page)


def live(page: Page, seconds: float) -> tuple[list[np.ndarray], int]:
    """The page for some seconds, with the mean milliseconds between two pictures of it."""
    page.wait_for_function("document.querySelector('#f').textContent.includes('frames a second')")
    pictures, since = [], time.monotonic()
    while time.monotonic() - since < seconds:
        pictures.append(shot(page))
    return pictures, round(1000 * seconds / len(pictures))


def main() -> None:
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        shutil.copy(PICTURE, photo := Path(folder) / "portrait.png")
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in sys.argv[1:] or ("film-live", "film-studio"):
            narrow = name == "film-live"
            page = browser.new_page(viewport={"width": 420 if narrow else 1280, "height": 470 if narrow else 760})
            page.set_default_timeout(300_000)
            moved = ("live", "-s", str(PICTURE), "--frame", str(FILM), "--frame-weight", "0.8")
            command = moved if narrow else ("web",)
            with serving(*command) as address:
                page.goto(address, wait_until="commit")
                if narrow:
                    pictures, apart = live(page, 3.5)
                    save(name, iter(pictures), 320, apart)
                else:
                    save(name, studio(page, photo), 640, 150)
        browser.close()


if __name__ == "__main__":
    main()

"""Takes pictures of the studio's page, with the Chromium of the system: `python docs/images/studio_pictures.py`."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright
from serving import serving

from x2face_lab.demo.inputs import PICTURE, SPEECH

HERE = Path(__file__).parent
SIZE: ViewportSize = {"width": 1280, "height": 1180}
NARROW: ViewportSize = {"width": 400, "height": 800}


def show(page: Page, folder: Path) -> None:
    """Load the portrait, paint on it, turn it and let it speak."""
    shutil.copy(PICTURE, photo := folder / "portrait.png")
    page.set_input_files("#source input[type=file]", photo)
    page.wait_for_selector("#preview-picture")
    page.wait_for_timeout(2000)
    paint(page)
    page.locator("#slider-pose-yaw input[type=number]").fill("14")
    page.locator("#slider-pose-roll input[type=number]").fill("-5")
    page.locator("#slider-mouth-open input[type=number]").fill("0.03")
    page.get_by_role("button", name=re.compile("^audio – ")).click()
    page.set_input_files("#audio-input input[type=file]", SPEECH)
    page.wait_for_timeout(4000)
    page.evaluate("window.scrollTo(0, 0)")


def paint(page: Page) -> None:
    """Three whiskers on each cheek."""
    page.locator("#canvas").scroll_into_view_if_needed()
    box = page.locator("#canvas canvas").first.bounding_box()
    assert box is not None
    side, middle = min(box["width"], box["height"]) * 0.85, box["x"] + box["width"] / 2
    for way in (-1, 1):
        for k in (-1, 0, 1):
            y = box["y"] + box["height"] / 2 + side * (0.1 + 0.05 * k)
            page.mouse.move(middle + way * side * 0.1, y)
            page.mouse.down()
            page.mouse.move(middle + way * side * 0.22, y + side * 0.03 * k, steps=8)
            page.mouse.up()
            page.wait_for_timeout(500)


def narrow(page: Page, folder: Path) -> None:
    """The same on a narrow screen: the face turned the other way, its mouth open."""
    page.set_input_files("#source input[type=file]", folder / "portrait.png")
    page.wait_for_selector("#preview-picture")
    page.wait_for_timeout(2000)
    page.locator("#slider-pose-yaw input[type=number]").fill("-15")
    page.locator("#slider-mouth-open input[type=number]").fill("0.02")
    page.wait_for_timeout(3000)
    page.locator("#preview").evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top + scrollY - 60)")


def picture(page: Page, name: str) -> None:
    """A screenshot in 256 colours."""
    page.screenshot(path=HERE / name)
    taken = Image.open(HERE / name).convert("P", palette=Image.Palette.ADAPTIVE, colors=256)
    taken.save(HERE / name, optimize=True)


def main() -> None:
    with serving("web") as address, sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, size, act in (("studio.png", SIZE, show), ("studio-narrow.png", NARROW, narrow)):
            page = browser.new_page(viewport=size)
            page.set_default_timeout(120_000)
            page.goto(address)
            act(page, Path(folder))
            picture(page, name)
        browser.close()


if __name__ == "__main__":
    main()

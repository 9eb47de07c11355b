"""A page of the studio in a headless Chromium, and what tests do on it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

WAIT = int(os.environ.get("X2FACE_BROWSER_WAIT", "120")) * 1000  # milliseconds; machines may be busy
ARGUMENTS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def chromium() -> str:
    """The browser's path: $X2FACE_CHROMIUM, else the first of its usual names. Skips where there is none."""
    names = (os.environ.get("X2FACE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium; install one, or name it in $X2FACE_CHROMIUM")
    return found


class Studio:
    """An open page of the studio.

    asked: addresses that the browser has asked for; faults: errors on its console
    """

    def __init__(self, context: Any, address: str) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT)
        self.asked: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda one: self.asked.append(one.url))
        self.page.on("console", lambda one: self.faults.append(one.text) if one.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(address)
        self.page.wait_for_selector("#source input[type=file]", state="attached")

    @property
    def hosts(self) -> set[str]:
        """Names of all machines that were asked."""
        return {str(urlsplit(one).hostname) for one in self.asked if one.startswith(("http", "ws"))}

    def upload(self, name: str, *paths: Path) -> None:
        self.page.set_input_files(f"#{name} input[type=file]", [str(path) for path in paths])

    def load(self, photo: Path) -> None:
        """Upload a picture and wait for its face."""
        self.upload("source", photo)
        self.page.wait_for_selector(f"#preview-picture[alt*='{photo.name}']")
        self.page.wait_for_selector("#advice li")
        self.settle()

    def settle(self, seconds: float = 1.0) -> None:
        """Wait until the preview has not changed for a while."""
        last, since = self.preview(), time.monotonic()
        while time.monotonic() - since < seconds:
            self.page.wait_for_timeout(100)
            if (now := self.preview()) != last:
                last, since = now, time.monotonic()

    def preview(self) -> str:
        """The picture of the preview, as text."""
        return str(self.page.evaluate("document.querySelector('#preview-picture')?.src ?? ''"))

    def changes(self, act: Callable[[], Any]) -> str:
        """Do something, wait until the preview is another one, and return it."""
        before = self.preview()
        act()
        self.page.wait_for_function("old => document.querySelector('#preview-picture')?.src !== old", arg=before)
        self.settle(0.5)
        return self.preview()

    def slide(self, name: str, value: float) -> None:
        """Set a slider through the number beside it."""
        self.page.locator(f"#slider-{name} input[type=number]").fill(str(value))

    def paint(self) -> None:
        """A stroke over the forehead."""
        self.page.locator("#canvas").scroll_into_view_if_needed()
        box = self.page.locator("#canvas canvas").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.35
        self.page.mouse.move(x - 40, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 40, y, steps=8)
        self.page.mouse.up()

    def use(self, driver: str) -> None:
        """Unfold a driver's panel and put it in use."""
        self.unfold(f"{driver} – ")
        self.page.check(f"#use-{driver} input")

    def unfold(self, begins: str) -> None:
        self.page.locator("button.label-wrap", has_text=begins).first.click()

    def fill(self, where: str, text: str) -> None:
        """Type into a field until it keeps the text: a part of the page that was just unfolded may be drawn again."""
        field = self.page.locator(f"#{where} textarea, #{where} input")
        for _ in range(50):
            field.fill(text)
            self.page.wait_for_timeout(200)
            if field.input_value() == text:
                return
        raise AssertionError(f"#{where} does not keep {text!r}")

    def begin_long_film(self) -> None:
        """Begin the longest film of the server, of 24,000 frames, which no machine makes before it is looked at."""
        self.fill("seconds", "100")
        self.fill("fps", "240")
        self.page.click("#make")
        self.says("progress", "Rendering: frame")

    def says(self, where: str, text: str) -> str:
        """Wait for a text in a part of the page, and return all that it says."""
        self.page.locator(f"#{where}", has_text=text).wait_for()
        return str(self.page.inner_text(f"#{where}"))

    def make(self) -> None:
        """Make the film and wait for it."""
        self.page.click("#make")
        self.says("progress", "The film is ready.")

    def download(self, ending: str, folder: Path) -> Path:
        """Fetch a result by its link."""
        with self.page.expect_download() as fetched:
            self.page.click(f"#downloads a[href$='{ending}']")
        path = folder / fetched.value.suggested_filename
        fetched.value.save_as(path)
        return path

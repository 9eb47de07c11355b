"""How long the studio takes from a slider's change to the new picture: `python benchmarks/studio.py`.

Needs the extras `web` and `browser`, and a Chromium of the system. Beside it, in turn, stands what one frame costs here
without a page, as machines differ and are busy.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright
from skimage.data import astronaut

import x2face

CHANGES = 40
CHANGED = """async value => {
    const preview = document.querySelector('#preview');
    const slider = document.querySelector('#slider-pose-yaw input[type=range]');
    const before = document.querySelector('#preview-picture').src, started = performance.now();
    const shown = new Promise(done => {
        const watching = new MutationObserver(async () => {
            const picture = document.querySelector('#preview-picture');
            if (!picture || picture.src === before) return;
            watching.disconnect();
            await picture.decode();
            done(performance.now() - started);
        });
        watching.observe(preview, {subtree: true, childList: true, attributes: true});
    });
    slider.value = value;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    return await shown;
}"""
"""Milliseconds from a slider's change until its picture is decoded."""


@contextmanager
def studio() -> Iterator[str]:
    """The address of a studio in a process of its own."""
    command = [sys.executable, "-m", "x2face_cli", "web", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://\S+/", process.stdout.readline())
    assert found is not None
    try:
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def loaded(browser: Any, address: str, folder: Path) -> Any:
    """A page on which a face is loaded."""
    Image.fromarray(astronaut()).save(photo := folder / "portrait.png")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(address)
    page.set_input_files("#source input[type=file]", photo)
    page.wait_for_selector("#preview-picture")
    page.wait_for_timeout(5000)
    return page


def main() -> None:
    session = x2face.Session.load()
    face = session.face(astronaut())
    changed, rendered = [], []
    with studio() as address, sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = loaded(browser, address, Path(folder))
        for k in range(CHANGES):
            changed.append(page.evaluate(CHANGED, (-1) ** k * (5 + k / 4)))
            since = time.perf_counter()
            session.render(face, face.vector[None])
            rendered.append(1000 * (time.perf_counter() - since))
        browser.close()
    for name, spent in (("slider to picture", changed), ("one frame alone", rendered)):
        tenth = statistics.quantiles(spent, n=10)
        print(f"{name}: median {statistics.median(spent):.0f} ms, nine of ten within {tenth[-1]:.0f} ms")
    ratio = statistics.median(changed) / statistics.median(rendered)
    print(f"ratio of medians {ratio:.1f}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()

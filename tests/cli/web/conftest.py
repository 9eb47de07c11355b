"""A studio in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from .browsing import ARGUMENTS, Studio, chromium


@dataclass
class Running:
    """A studio that runs: its address, its process, and the folder in which it keeps all files."""

    address: str
    process: subprocess.Popen[str]
    files: Path

    def kept(self) -> list[str]:
        """Names of all files with content, in any folder."""
        return sorted(one.name for one in self.files.rglob("*") if one.is_file() and one.stat().st_size)

    def visits(self) -> list[Path]:
        """The folders of open pages."""
        return list(self.files.glob(".x2face-*/visits/*"))

    def uploads(self) -> list[Path]:
        """The folders of uploaded and shown files, each named by a checksum."""
        return [one for one in self.files.glob(".x2face-*/uploads/*") if len(one.name) == 64]


NOTED = """
import os, sys

def note(event, given):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        where = [given[0]]
    elif event in ("socket.connect", "socket.sendto") and isinstance(given[-1], tuple):  # not one of the file system
        where = given[-1]
    else:
        return
    with open(os.environ["X2FACE_ASKED"], "a") as file:
        print(where[0], file=file)

sys.addaudithook(note)
"""
"""Notes every host that a process of Python connects to, or asks the address of."""


@contextmanager
def running(folder: Path, *options: str, **environment: str) -> Iterator[Running]:
    """Start a studio at a free port; ended as by Ctrl-C. folder: for its temporary files

    It is checked that the server asked no other machine for anything.
    """
    if find_spec("gradio") is None:
        pytest.skip("the extra `web` is not installed")
    command = [sys.executable, "-m", "x2face_cli", "web", "--port", "0", *options]
    cache = {"TORCHINDUCTOR_CACHE_DIR": str(folder.parent / "inductor")}
    env = os.environ | cache | {"TMPDIR": str(folder)} | environment
    audit, asked = folder.parent / f"{folder.name}-audit", folder.parent / f"{folder.name}-asked.txt"
    audit.mkdir()
    (audit / "sitecustomize.py").write_text(NOTED)
    paths = [str(audit), *filter(None, [env.get("PYTHONPATH")])]
    env |= {"X2FACE_ASKED": str(asked), "PYTHONPATH": os.pathsep.join(paths)}
    with (folder.parent / f"{folder.name}.log").open("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        assert process.stdout is not None
        found = re.search(r"http://\S+/", process.stdout.readline())
        if found is None:
            process.wait(600)
            log.seek(0)
            pytest.fail(log.read())
        try:
            yield Running(found[0], process, folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(600)
            process.stdout.close()
    assert set(asked.read_text().split()) <= {"127.0.0.1", "localhost", "::1"}
    assert list(folder.iterdir()) == [], "files are left behind"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("workplace"), "--max-megabytes", "20", "--max-seconds", "100") as one:
        yield one


@pytest.fixture(scope="module")
def browser(photo: Path) -> Iterator[Any]:
    """A browser whose camera sees the photograph."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is not installed")
    with Image.open(photo) as picture:
        picture.save(jpeg := photo.with_name("frame.jpg"), quality=95)
    (seen := photo.with_name("camera.mjpeg")).write_bytes(10 * jpeg.read_bytes())
    with playwright.sync_playwright() as started:
        camera = f"--use-file-for-fake-video-capture={seen}"
        one = started.chromium.launch(executable_path=chromium(), args=[*ARGUMENTS, camera])
        yield one
        one.close()


@pytest.fixture
def visit(browser: Any, studio: Running) -> Iterator[Callable[..., Studio]]:
    """visit() opens a page in a browser of its own."""
    contexts = []

    def opened(**how: Any) -> Studio:
        contexts.append(browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | how)))
        return Studio(contexts[-1], studio.address)

    yield opened
    for one in contexts:
        one.close()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from skimage.data import astronaut

    from x2face_core.media.images import write_picture

    write_picture(path := tmp_path_factory.mktemp("photo") / "portrait.png", astronaut())
    return path

"""A studio in a process of its own, as a user starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest


@dataclass
class Running:
    """A studio that runs: its address, its process, and the folder in which it keeps all files."""

    address: str
    process: subprocess.Popen[str]
    files: Path

    def kept(self) -> list[str]:
        """Names of all files that are there, under any folder."""
        return sorted(one.name for one in self.files.rglob("*") if one.is_file())

    def folders(self, name: str) -> list[Path]:
        """What is in the folder of that name of the studio's workplace."""
        return [one for place in self.files.glob(f".x2face-*/{name}") for one in place.iterdir()]


@contextmanager
def running(folder: Path, *options: str, **environment: str) -> Iterator[Running]:
    """Start a studio at a free port; ended as by Ctrl-C. folder: for its temporary files"""
    if find_spec("gradio") is None:
        pytest.skip("the extra `web` is not installed")
    command = [sys.executable, "-m", "x2face_cli", "web", "--port", "0", *options]
    cache = {"TORCHINDUCTOR_CACHE_DIR": str(folder.parent / "inductor")}
    env = os.environ | cache | {"TMPDIR": str(folder)} | environment
    with (folder.parent / f"{folder.name}.log").open("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        assert process.stdout is not None
        found = re.search(r"http://\S+/", process.stdout.readline())
        if found is None:
            process.wait(10)
            log.seek(0)
            pytest.fail(log.read())
        try:
            yield Running(found[0], process, folder)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
            process.stdout.close()
    assert list(folder.iterdir()) == [], "files are left behind"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("workplace"), "--max-megabytes", "20", "--max-seconds", "8") as one:
        yield one

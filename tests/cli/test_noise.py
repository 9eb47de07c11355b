"""What drivers print, where they go and what they leave running is none of the film's business."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.media.images import write_picture

LOUD = """
import os
from dataclasses import dataclass

import numpy as np

from x2face_plugins import Chunk, DriverSpec, hookimpl, option

@dataclass(frozen=True)
class Settings:
    folder: str = option("/", help="Where it goes.")

class Loud:
    def __init__(self, settings):
        self.settings = settings
        self.warnings = [f"warning {k}" for k in range(1000)]

    def drive(self, source):
        print("by print", flush=True)
        os.write(1, b"by descriptor\\n")
        os.chdir(self.settings.folder)
        yield Chunk(np.zeros((3, 128)), 25.0)

@hookimpl
def x2face_drivers():
    yield DriverSpec(name="loud", summary="Loud.", relative=True, settings=Settings, load=Loud, demo=lambda path: None)
"""
RUN = ("run", "-s", "a.png", "--crop", "none", "--size", "48", "--driver", "loud")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any, install: Callable[..., None]) -> Path:
    """A folder with a.png, and a driver that prints, warns and goes elsewhere."""
    install("loud", LOUD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("a.png", np.full((48, 48, 3), 90, np.uint8))
    return tmp_path


def test_json_is_alone_on_stdout_and_warnings_are_counted(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from x2face_cli.app import main

    assert main([*RUN, "-o", "o.mp4", "--json"]) == 0
    out, err = capfd.readouterr()
    (line,) = out.splitlines()
    report = json.loads(line)
    assert report["frames"] == 3 and len(report["warnings"]) == 21 and "980 times more" in report["warnings"][-1]
    assert "by print" in err and "by descriptor" in err


def test_a_driver_that_goes_elsewhere_does_not_take_the_film_with_it(place: Path, x2face: Callable[..., Any]) -> None:
    elsewhere = place / "elsewhere"
    elsewhere.mkdir()
    assert x2face(*RUN, "--loud-folder", str(elsewhere), "-o", "o.mp4", "--record", "m.x2v").code == 0
    assert (place / "o.mp4").exists() and (place / "m.x2v").exists() and list(elsewhere.iterdir()) == []
    assert Path.cwd() == place


LINGERING = """
import threading, time
from x2face_cli import app
app.main = lambda: (threading.Thread(target=time.sleep, args=(3600,)).start(), print("done"), 4)[-1]
app.command_line()
"""


def test_a_thread_that_a_plugin_left_running_does_not_keep_the_program_alive() -> None:
    done = subprocess.run([sys.executable, "-c", LINGERING], capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout) == (4, "done\n")


TAKEN_DOWN = """
import atexit, time
from x2face_cli import app

class Waits:
    def __del__(self, sleep=time.sleep):
        sleep(600)

app.waits = Waits()  # goes when the interpreter takes modules down
atexit.register(print, "at exit")
app.main = lambda: (print("done"), 4)[-1]
app.command_line()
"""


def test_a_process_of_torchrun_ends_without_taking_the_interpreter_down() -> None:
    environment = {**os.environ, "TORCHELASTIC_RUN_ID": "none"}
    done = subprocess.run(
        [sys.executable, "-c", TAKEN_DOWN], capture_output=True, text=True, env=environment, timeout=600
    )
    assert (done.returncode, done.stdout) == (4, "done\nat exit\n")


def test_the_program_ends_with_the_code_of_its_command() -> None:
    environment = {**os.environ, "X2FACE_PLUGINS": ""}
    done = subprocess.run(
        [sys.executable, "-m", "x2face_cli", "rnu"], capture_output=True, env=environment, timeout=600
    )
    assert done.returncode == 2

"""Whatever strangers' code does while it loads costs nothing but itself, and its distribution is named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from x2face_core.errors import InputError, PluginError
from x2face_core.foreign import Owner, call_foreign, describe_error, tracking_interrupts
from x2face_plugins import time_limit
from x2face_plugins.offers import BUNDLED
from x2face_plugins.quieting import stdout_as_stderr
from x2face_plugins.registry import Listed, Registry

Install = Callable[..., None]
NOD = Owner("driver", "nod", "acme", "1.0")


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("I will not say")


class Final(BaseException):
    """What `except Exception` lets through, as Rust's panics are."""


def listed(dist: str) -> Listed:
    (line,) = [line for line in Registry.load().plugins if line.dist == dist]
    return line


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit._Budget, "left", 0.5)
    monkeypatch.setattr(time_limit, "LATER", 0.5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(600)",
        "while True: pass",
        "while True:\n    try:\n        import time; time.sleep(600)\n    except Exception: pass",
        "from x2face_plugins import hookimpl\n@hookimpl\ndef x2face_drivers():\n    while True: pass",
    ],
)
def test_a_plugin_that_hangs_is_told_how_to_be_left_out(install: Install, text: str) -> None:
    install("acme-hang", text)
    line = listed("acme-hang")
    assert line.status == "failed"
    assert "took longer than 0.5 s" in (line.error or "") and "X2FACE_PLUGINS" in (line.error or "")
    assert Registry.load().driver("frame").bundled


def test_one_that_does_not_let_go_ends_the_program_with_its_name(tmp_path: Path) -> None:
    code = """
import time
from x2face_plugins import time_limit
time_limit._Budget.left, time_limit._GRACE = 0.3, 0.3
with time_limit.time_limit("acme-hang"):
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert done.returncode == 6 and "the plugin acme-hang hangs while it is loaded" in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise BaseException('out')", "BaseException: out"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "E: its message cannot be told"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_whatever_is_raised_is_that_plugin_s_failure(install: Install, text: str, message: str) -> None:
    install("acme-odd", text)
    with tracking_interrupts(lambda: False):
        assert listed("acme-odd").error == message


@pytest.mark.parametrize("error", [Mute(), Final("out"), GeneratorExit(), SystemExit(3), KeyboardInterrupt()])
def test_whatever_a_driver_raises_names_its_owner(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with tracking_interrupts(lambda: False), pytest.raises(PluginError, match="^The driver 'nod' of acme 1.0 failed: "):
        call_foreign(NOD, fail)


def test_ctrl_c_goes_through_others_code() -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    with tracking_interrupts(lambda: True), pytest.raises(KeyboardInterrupt):
        call_foreign(NOD, fail)
    with pytest.raises(KeyboardInterrupt):  # nobody listens, so it may be the user's
        call_foreign(NOD, fail)


def test_an_exception_is_told_in_one_line_whatever_its_own_code_does() -> None:
    assert describe_error(Mute()) == "Mute: its message cannot be told"
    assert describe_error(ValueError("a\n b")) == "ValueError: a b"
    assert describe_error(ValueError()) == "ValueError"


def test_others_code_does_not_move_the_working_folder(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    install("acme-moves", "import os\nos.chdir('/')\nraise ValueError")
    assert listed("acme-moves").status == "failed" and Path.cwd() == tmp_path
    call_foreign(NOD, lambda: os.chdir("/"))
    assert Path.cwd() == tmp_path
    with pytest.raises(InputError):
        call_foreign(NOD, lambda: (os.chdir("/"), _refuse()))
    assert Path.cwd() == tmp_path


def _refuse() -> Iterator[None]:
    raise InputError("no")


def test_what_plugins_print_goes_to_stderr_by_whatever_way(install: Install, capfd: pytest.CaptureFixture[str]) -> None:
    install("acme-loud", "import os\nprint('by print', flush=True)\nos.write(1, b'by descriptor\\n')\nraise ValueError")
    listed("acme-loud")
    out, err = capfd.readouterr()
    assert out == "" and "by print" in err and "by descriptor" in err
    os.write(1, b"back\n")
    assert capfd.readouterr().out == "back\n"


def test_a_stream_that_is_closed_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with stdout_as_stderr():
        print("nobody hears")


def test_bundled_means_from_this_installation_and_not_by_name(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("x2face", "raise SystemExit('stranger')", entry="frame")
    ours = Registry.load()
    assert ours.driver("frame").bundled and ours.driver("frame").module == BUNDLED["frame"]
    (line,) = [one for one in ours.plugins if one.status == "failed"]
    assert (line.name, line.dist) == ("frame", "x2face")
    monkeypatch.setenv("X2FACE_PLUGINS", "")
    (line,) = [one for one in Registry.load().plugins if one.status != "ok"]
    assert (line.name, line.status) == ("frame", "disabled")


def test_the_bundled_plugins_are_those_that_pyproject_declares() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["x2face"] == BUNDLED

"""Whatever becomes of its output and whoever ends it, a command ends in one line at most."""

from __future__ import annotations

import errno
import importlib
import io
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from x2face_cli import screen
from x2face_cli.interrupts import interruptible
from x2face_cli.streams import guarded_streams
from x2face_core.errors import PluginError, UsageError

MAIN = [sys.executable, "-m", "x2face_cli"]


def shell(line: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line with `x2face` in it."""
    line = line.replace("x2face", f"{sys.executable} -m x2face_cli")
    environment = {**os.environ, **more}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=600, env=environment)


def test_a_reader_that_has_gone_is_no_error() -> None:
    completed = shell("x2face drivers | true; echo ${PIPESTATUS[0]}; x2face --help | true; echo ${PIPESTATUS[0]}")
    assert (completed.stdout, completed.stderr) == ("0\n0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_behind_stdout_is_one_line() -> None:
    completed = shell("x2face drivers > /dev/full; echo $?")
    assert completed.stdout == "2\n"
    assert completed.stderr == "x2face: error: stdout: cannot be written (No space left on device).\n"


def test_streams_that_are_closed_are_none_of_a_command_s_business() -> None:
    completed = shell(
        "x2face drivers >&-; echo $?; x2face rnu 2>&-; echo $?; x2face drivers show idle <&- >&- 2>&-; echo $?"
    )
    assert (completed.stdout, completed.stderr) == ("0\n2\n0\n", "")


def test_names_that_are_no_text_are_printed_as_they_are() -> None:
    with guarded_streams():
        assert os.fsencode("\udcff.mp4") == b"\xff.mp4"
    completed = subprocess.run([*MAIN, "weights", "verify", os.fsdecode(b"\xff.safetensors")], capture_output=True)
    assert completed.returncode == 5 and completed.stderr.startswith(
        b"x2face: error: \\udcff.safetensors: no such weights"
    )


class Refusing(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


def test_only_what_was_asked_for_has_to_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Refusing(errno.EIO))
    monkeypatch.setattr(sys, "stderr", Refusing(errno.EIO))
    with guarded_streams():
        screen.note("who hears this?")
        with pytest.raises(UsageError, match=r"stdout: cannot be written \(Input/output error\)"):
            screen.result("a.mp4")


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(importlib.import_module("x2face_cli.doctor"), "doctor", click.Command("doctor", callback=fail))


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "a/b.png"), 3, "a/b.png: cannot be read or written (Permi"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "n" * 300), 3, "File name too long"),
        (
            OSError(errno.ENOSPC, "No space left on device", "x"),
            2,
            "x: cannot be written (No space left on device); free",
        ),
        (OSError(errno.EROFS, "Read-only file system", "x"), 2, "x: cannot be written (Read-only file system)"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 2, "(Disk quota exceeded); delete something"),
        (MemoryError(), 3, "there is not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 3, "there is not enough memory"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you"),
            3,
            "there is not enough memory",
        ),
    ],
)
def test_what_the_system_refuses_is_one_line(
    x2face: Callable, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    fail_with(error, monkeypatch)
    answer = x2face("doctor")
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert answer.err.startswith("x2face: error: ") and message in answer.err


def test_a_plugin_s_bug_says_how_to_see_where_it_is(x2face: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    error = PluginError("The driver 'nod' of acme failed: ZeroDivisionError: division by zero")
    error.__cause__ = ZeroDivisionError("division by zero")
    fail_with(error, monkeypatch)
    assert x2face("doctor").err.endswith("division by zero (-vv shows where.)\n")
    assert x2face("-vv", "doctor").err.endswith("division by zero\n")


@pytest.mark.parametrize("no_color", ["", "1"])
def test_errors_are_in_colour_unless_no_color_says_otherwise(no_color: str) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "NO_COLOR": no_color}
    subprocess.run([*MAIN, "rnu"], stderr=theirs, env=environment, timeout=600)
    os.close(theirs)
    completed = os.read(ours, 4096).decode()
    os.close(ours)
    assert "No such command 'rnu'" in completed and ("\x1b[" in completed) == (not no_color)


def test_what_would_move_a_terminal_s_cursor_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "a\x1b[2J\u202eb\u200bc\r\n\x9bd"
    screen.error(evil)
    screen.tree({evil: evil})
    screen.table(("name",), [((evil,), None)])
    screen.result_json({"name": evil, "figure": float("nan")})
    out, err = capsys.readouterr()
    for text in (out, err):
        assert not set(text) & {"\x1b", "\u202e", "\u200b", "\x9b", "\r"}
    assert err == "x2face: error: a\\x1b[2J\\u202eb\\u200bc \\x9bd\n"
    assert out.splitlines()[-1] == '{"name": "a\\u001b[2J\\u202eb\\u200bc\\r\\n\\u009bd", "figure": null}'


def test_a_cell_of_a_table_is_not_a_book(capsys: pytest.CaptureFixture[str]) -> None:
    screen.table(("name",), [(("n" * 100_000,), None)])
    assert max(map(len, capsys.readouterr().out.splitlines())) == 500


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_ends_a_process_is_an_interrupt(name: str) -> None:
    number = getattr(signal, name)
    inherited = signal.getsignal(number)
    if inherited == signal.SIG_IGN:  # under nohup, which has its own test
        signal.signal(number, signal.SIG_DFL)
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interruptible() as interrupts:
        signal.raise_signal(number)
        time.sleep(600)
    assert interrupts.came and signal.getsignal(number) == before
    signal.signal(number, inherited)


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


TWICE = """
import os, signal, sys, time
from pathlib import Path
from x2face_cli.interrupts import interruptible
from x2face_core.files.temporary import temporary_folder
with interruptible(), temporary_folder(Path(sys.argv[1])) as made:
    (made / "half.mp4").write_text("half")
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(3600)
    finally:
        for again in sys.argv[2:]:
            os.kill(os.getpid(), getattr(signal, again))
        time.sleep(0 if sys.argv[2:] == ["SIGHUP"] else 3600)
"""


def test_a_second_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-c", TWICE, str(tmp_path), "SIGINT"], capture_output=True, text=True, timeout=600
    )
    assert (completed.returncode, completed.stderr) == (130, "x2face: interrupted\n")
    assert list(tmp_path.iterdir()) == []


def test_a_terminal_that_says_twice_that_it_is_closed_is_heard_once(tmp_path: Path) -> None:
    completed = subprocess.run([sys.executable, "-c", TWICE, str(tmp_path), "SIGHUP"], capture_output=True, text=True)
    assert completed.returncode not in (0, 130) and "KeyboardInterrupt" in completed.stderr
    assert list(tmp_path.iterdir()) == []

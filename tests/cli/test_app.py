"""Whatever happens, a command ends in one line and the exit code that goes with it."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import click
import pytest

from x2face_cli import app
from x2face_core.errors import InputError
from x2face_plugins.checking import RESERVED_COMMANDS

COMMAND = """
import click
from x2face_core.errors import NoFaceError
from x2face_plugins import hookimpl

@click.command()
@click.argument("how")
def count(how):
    "Count."
    if how == "face":
        raise NoFaceError("no face there.")
    if how == "bug":
        raise ValueError("one too many")
    click.echo(how)

@hookimpl
def x2face_commands(cli):
    cli.add_command(count)
"""


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(importlib.import_module("x2face_cli.doctor"), "doctor", click.Command("doctor", callback=fail))


def test_every_command_of_the_table_exists_and_its_name_is_kept_from_plugins() -> None:
    for name in app.TABLE:
        module, _, attribute = app.TABLE[name][0].partition(":")
        assert isinstance(getattr(importlib.import_module(module), attribute), click.Command)
    assert app.TABLE.keys() <= RESERVED_COMMANDS


def test_without_a_command_it_shows_what_there_is(x2face: Callable) -> None:
    result = x2face()
    assert result.code == 0 and "drivers" in result.out and result.err == ""
    assert x2face("--help").out == result.out


def test_it_tells_its_version(x2face: Callable) -> None:
    assert x2face("--version") == (0, "x2face 0.1.0\n", "")


@pytest.mark.parametrize("arguments", [["rnu"], ["drivers", "--jso"], ["drivers", "show"], ["weights", "info"]])
def test_wrong_usage_is_one_line_and_code_2(x2face: Callable, arguments: list[str]) -> None:
    result = x2face(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("x2face: error: ") and result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rum"], "No such command 'rum'; did you mean run? 'x2face --help' lists what there is."),
        (["colour"], "No such command 'colour'. 'x2face --help' lists what there is."),
        (["table"], "x2face table: a command is missing, one of 1, 2, baselines."),
        (["doctor", "x"], "Got unexpected extra argument (x). 'x2face doctor --help' lists what there is."),
        (
            ["export"],
            "Missing option '--engine'. Choose from: onnx, openvino. 'x2face export --help' lists what there is.",
        ),
    ],
)
def test_wrong_usage_says_what_there_is_in_whole_sentences(
    x2face: Callable, arguments: list[str], message: str
) -> None:
    assert x2face(*arguments) == (2, "", f"x2face: error: {message}\n")


def test_an_error_of_ours_is_one_line_and_keeps_its_code(x2face: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(InputError("a.jpg: not\n a picture."), monkeypatch)
    assert x2face("doctor") == (3, "", "x2face: error: a.jpg: not a picture.\n")
    assert x2face("-v", "doctor").err.count("\n") == 1


def test_a_traceback_of_an_error_of_ours_takes_two_v(x2face: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(InputError("a.jpg: not a picture."), monkeypatch)
    result = x2face("-vv", "doctor")
    assert result.err.startswith("Traceback") and result.err.endswith("x2face: error: a.jpg: not a picture.\n")
    assert x2face("doctor", "-vv").err.startswith("Traceback")


def test_a_bug_keeps_its_traceback_and_says_how_to_report_it(x2face: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(KeyError("face"), monkeypatch)
    result = x2face("doctor")
    assert result.code == 1
    assert "Traceback" in result.err and "KeyError: 'face'" in result.err and "please report it" in result.err


def test_an_interrupt_ends_with_code_130(x2face: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(KeyboardInterrupt(), monkeypatch)
    result = x2face("doctor")
    assert (result.code, result.out) == (130, "") and "Traceback" not in result.err


def test_a_plugin_s_command_is_offered_and_runs(x2face: Callable, install: Callable) -> None:
    install("acme-count", COMMAND)
    assert "Count." in x2face("--help").out
    assert x2face("count", "three") == (0, "three\n", "")


def test_a_plugin_s_command_that_breaks_is_code_6_and_named(x2face: Callable, install: Callable) -> None:
    install("acme-count", COMMAND)
    result = x2face("count", "bug")
    assert (result.code, result.err.count("\n")) == (6, 1)
    assert "the command count of acme-count failed: ValueError: one too many" in result.err


def test_a_plugin_s_command_keeps_the_code_of_an_error_of_ours(x2face: Callable, install: Callable) -> None:
    install("acme-count", COMMAND)
    assert x2face("count", "face") == (4, "", "x2face: error: no face there.\n")

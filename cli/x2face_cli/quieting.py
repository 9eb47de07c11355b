"""Commands whose stdout contains only results, whatever plugins and libraries print."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from x2face_cli import screen


def quieted(command: click.Command) -> click.Command:
    """Wrap a command and its subcommands, so that other output to stdout goes to stderr."""
    if command.callback is not None and not hasattr(command.callback, "quieted"):
        command.callback = _with_results_only(command.callback)
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        quieted(below)
    return command


def _with_results_only(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def quiet(*given: Any, **more: Any) -> Any:
        with screen.results_only():
            return callback(*given, **more)

    vars(quiet)["quieted"] = True
    return quiet

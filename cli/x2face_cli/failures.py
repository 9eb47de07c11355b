"""Errors of commands as one line and an exit code."""

from __future__ import annotations

import errno

import click

from x2face_cli import screen
from x2face_cli.interrupts import INTERRUPTED
from x2face_core.errors import InputError, PluginError, UsageError, X2FaceError
from x2face_core.files.faults import WRITING, reason, unwritable

BUG = 1
# Messages of torch when memory is short; it has no exception class for that on the CPU.
_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")


def report(error: BaseException) -> int:
    """Print what stopped a command to stderr; returns the exit code."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        screen.note("x2face: interrupted")
        return INTERRUPTED
    if isinstance(error, SystemExit):
        return _exit_code(error)
    found = known(error)
    if found is None:
        return _report_bug(error)
    screen.error(_message(found), error)
    return found.exit_code


def _exit_code(error: SystemExit) -> int:
    if isinstance(error.code, int):
        return error.code
    if error.code:
        screen.error(str(error.code))
    return BUG if error.code else 0


def known(error: BaseException) -> X2FaceError | None:
    """The error as an X2FaceError; None if it is a bug."""
    if isinstance(error, X2FaceError):
        return error
    if isinstance(error, click.FileError):
        return InputError(error.format_message())
    if isinstance(error, click.ClickException):
        return UsageError(_with_hint(error))
    if _is_of_memory(error):
        return InputError("there is not enough memory for this; a smaller --size or --batch-size would do.")
    return _of_system(error) if isinstance(error, OSError) else None


def _is_of_memory(error: BaseException) -> bool:
    if isinstance(error, RuntimeError):
        return any(words in str(error) for words in _NO_MEMORY)
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def _of_system(error: OSError) -> X2FaceError:
    """An OSError that was not handled elsewhere, as an X2FaceError."""
    name = "a file" if error.filename is None else error.filename
    if error.errno in WRITING:
        return unwritable(name, error)
    return InputError(f"{name}: cannot be read or written ({reason(error)}).")


def _message(error: X2FaceError) -> str:
    """The message; for a fault in a plugin's code, with a hint how to see the traceback."""
    hidden = isinstance(error, PluginError) and error.__cause__ is not None and screen.verbosity() < 2
    return f"{str(error).rstrip()} (-vv shows where.)" if hidden else str(error)


def _with_hint(error: click.ClickException) -> str:
    """What click says, as whole sentences in one line, and where the options or commands are listed."""
    message = " ".join(error.format_message().split())
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return message
    path, command = error.ctx.command_path, error.ctx.command
    if isinstance(command, click.Group) and message.startswith("Usage:"):  # a group alone: click answers its help
        return f"{path}: a command is missing, one of {', '.join(command.list_commands(error.ctx))}."
    ended = message if message.endswith((".", "?", "?)")) else f"{message}."
    return f"{ended} '{path} --help' lists what there is."


def _report_bug(error: BaseException) -> int:
    screen.trace(error)
    screen.error("this is a bug in x2face; please report it with the lines above and what `x2face doctor` prints.")
    return BUG

"""What went wrong, as one line and an exit code."""

from __future__ import annotations

import click

from x2face_cli import screen
from x2face_core.errors import InputError, UsageError, X2FaceError

INTERRUPTED = 130
BUG = 1


def report(error: BaseException) -> int:
    """Say on stderr what stopped a command; the exit code that goes with it."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        screen.note("x2face: interrupted")
        return INTERRUPTED
    if isinstance(error, SystemExit):
        return _exit_code(error)
    known = _known(error)
    if known is None:
        return _report_bug(error)
    screen.error(str(known), error)
    return known.exit_code


def _exit_code(error: SystemExit) -> int:
    if isinstance(error.code, int):
        return error.code
    if error.code:
        screen.error(error.code)
    return BUG if error.code else 0


def _known(error: BaseException) -> X2FaceError | None:
    """The error as one of ours; None where it is a bug."""
    if isinstance(error, X2FaceError):
        return error
    if isinstance(error, click.FileError):
        return InputError(error.format_message())
    if isinstance(error, click.ClickException):
        return UsageError(_with_hint(error))
    return None


def _with_hint(error: click.ClickException) -> str:
    message = error.format_message()
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return message
    return f"{message} '{error.ctx.command_path} --help' tells what there is."


def _report_bug(error: BaseException) -> int:
    screen.trace(error)
    screen.error("this is a bug in x2face; please report it with the lines above and what `x2face doctor` prints.")
    return BUG

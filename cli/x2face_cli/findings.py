"""Results of the checks of `x2face doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from x2face_core.errors import MissingError, X2FaceError

BROKEN = (ImportError, OSError, RuntimeError, AttributeError, ValueError)
"""Exceptions of a library that is installed but broken."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of a check.

    status: ok, warn (something optional is missing) or fail (something needed is)
    says: description; remedy: what the user can do; exit_code: of commands that fail because of it
    """

    name: str
    status: str
    says: str
    remedy: str | None = None
    exit_code: int = 0


def ok(name: str, says: str) -> Finding:
    return Finding(name=name, status="ok", says=says)


def warn(name: str, says: str, remedy: str) -> Finding:
    return Finding(name=name, status="warn", says=says, remedy=remedy)


def fail(name: str, says: str, remedy: str, error: type[X2FaceError] = MissingError) -> Finding:
    return Finding(name=name, status="fail", says=says, remedy=remedy, exit_code=error.exit_code)

"""A check: a function whose docstring is the promise, and which raises Broken if it is not kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

if TYPE_CHECKING:
    from x2face_testkit.tiny import TinySource

Check: TypeAlias = Callable[[Any, "TinySource", Path], "str | None"]
"""A function of a spec, a source and an empty folder; raises Broken, or returns a remark or None."""


class Broken(AssertionError):
    """A promise was not kept; the message describes what was seen instead."""


def broken(text: str) -> NoReturn:
    raise Broken(text)


def promise_of(check: Check) -> str:
    """The promise of a check in one line."""
    return " ".join((inspect.getdoc(check) or "").partition("\n\n")[0].split())

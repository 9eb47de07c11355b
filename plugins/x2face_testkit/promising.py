"""What a promise is: a function whose docstring says it and which fails where it is broken."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

if TYPE_CHECKING:
    from x2face_testkit.tiny import TinySource

Check: TypeAlias = Callable[[Any, "TinySource", Path], "str | None"]
"""Of a spec, a source and an empty folder; raises Broken, or answers what should be known though it held."""


class Broken(AssertionError):
    """A promise was not kept; the text says what was seen instead."""


def broken(text: str) -> NoReturn:
    raise Broken(text)


def promise_of(check: Check) -> str:
    """The promise, as one line."""
    return " ".join((inspect.getdoc(check) or "").partition("\n\n")[0].split())

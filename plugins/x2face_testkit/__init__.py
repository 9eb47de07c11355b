"""What every driver, overlay and mapping promises, each promise a check of its own.

>>> from x2face_testkit import driver_checks, tiny_source
>>> for spec, check in driver_checks(registry, "frame"):
...     check(spec, tiny_source(registry), folder)           # AssertionError says what was seen instead

A check's docstring is the promise. `x2face drivers check NAME` makes them all; in a plugin's own tests the fixture
`x2face_promise` does, see x2face_testkit.pytest_plugin.
Names are imported when they are first used, so that pytest, which meets this package in every run, stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from x2face_testkit.choosing import driver_checks, mapping_checks
    from x2face_testkit.promising import Broken, Check, promise_of
    from x2face_testkit.tiny import TinySource, tiny_source

__all__ = ["Broken", "Check", "TinySource", "driver_checks", "mapping_checks", "promise_of", "tiny_source"]

_HOME_OF = {
    "Broken": "promising",
    "Check": "promising",
    "TinySource": "tiny",
    "driver_checks": "choosing",
    "mapping_checks": "choosing",
    "promise_of": "promising",
    "tiny_source": "tiny",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)

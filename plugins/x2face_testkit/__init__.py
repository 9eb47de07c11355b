"""Contract tests for plugins: each promise of a driver, overlay or mapping is a separate check.

>>> from x2face_testkit import driver_checks, tiny_source
>>> for spec, check in driver_checks(registry, "frame"):
...     check(spec, tiny_source(registry), folder)           # AssertionError describes what was seen instead

The docstring of a check is the promise. `x2face drivers check NAME` runs all of them; in a plugin's own tests, use the
fixture `x2face_promise`, see x2face_testkit.pytest_plugin.
Names are imported on first use, so that pytest, which imports this package in every run, stays fast.
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

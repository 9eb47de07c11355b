"""Checks as parameters of a pytest test, and running one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from x2face_core.errors import MissingError
from x2face_plugins.registry import Registry
from x2face_plugins.specs import Spec
from x2face_testkit.choosing import checks_of, named
from x2face_testkit.promising import Check
from x2face_testkit.tiny import TinySource


def promises(mark: pytest.Mark | None) -> list[Any]:
    """A pytest.param of (spec, check) for each check; those in the mark's `expected` are marked xfail."""
    if mark is None or not mark.args:
        raise pytest.UsageError('x2face_promise needs to know whose: @pytest.mark.x2face("NAME").')
    registry = Registry.load()
    expected: dict[str, str] = mark.kwargs.get("expected", {})
    found = [param for name in mark.args for spec in named(registry, name) for param in _params(spec, expected)]
    if unknown := expected.keys() - {param.values[0][1].__name__ for param in found}:
        raise pytest.UsageError(f"expected names {', '.join(sorted(unknown))}, which is no promise.")
    return found


def _params(spec: Spec, expected: dict[str, str]) -> Iterator[Any]:
    for check in checks_of(spec):
        reason = expected.get(check.__name__)
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
        yield pytest.param((spec, check), id=f"{spec.name}-{check.__name__}", marks=marks)


def kept(promise: tuple[Spec, Check], source: TinySource, folder: Path) -> None:
    """Run a check; it is skipped if an optional dependency or a program is missing."""
    spec, check = promise
    try:
        check(spec, source, folder)
    except MissingError as error:
        pytest.skip(str(error))

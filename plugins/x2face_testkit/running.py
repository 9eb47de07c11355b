"""Running checks outside pytest, each with a time limit."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from x2face_core.errors import MissingError, PluginError, X2FaceError
from x2face_core.foreign import Owner, call_foreign
from x2face_plugins.registry import Registry
from x2face_plugins.specs import Spec
from x2face_testkit.choosing import checks_of
from x2face_testkit.promising import Broken, Check, promise_of
from x2face_testkit.tiny import tiny_source

PATIENCE = 600.0  # time limit of a check in seconds; a check that hangs is meant, not one on a busy machine


@dataclass(frozen=True)
class Tried:
    """The result of a check.

    outcome: kept, broken, expected (listed as broken, and it was) or skipped
    remark: what was seen instead, what is missing, or a note; may be empty
    """

    spec: Spec
    check: Check
    outcome: str
    remark: str = ""

    @property
    def promise(self) -> str:
        return promise_of(self.check)


def try_out(registry: Registry, spec: Spec, expected: Mapping[str, str] | None = None) -> Iterator[Tried]:
    """Run all checks of a driver, an overlay or a mapping.

    expected: reason by name of a check that cannot be kept; if it is kept, the outcome is broken
    """
    for check in checks_of(spec):
        tried = _try(registry, spec, check)
        reason = (expected or {}).get(check.__name__)
        yield tried if reason is None else _as_expected(tried, reason)


def _as_expected(tried: Tried, reason: str) -> Tried:
    if tried.outcome == "broken":
        return Tried(tried.spec, tried.check, "expected", reason)
    if tried.outcome == "kept":
        return Tried(tried.spec, tried.check, "broken", f"it holds, though it was expected not to ({reason})")
    return tried


def _try(registry: Registry, spec: Spec, check: Check) -> Tried:
    """Run a check in a thread, so that one that hangs does not stop the others."""
    answers: list[tuple[str, str]] = []
    thread = threading.Thread(target=lambda: answers.append(_outcome(registry, spec, check)), daemon=True)
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for results
        thread.start()
        thread.join(PATIENCE)
    outcome, remark = answers[0] if answers else ("broken", f"it was not done after {PATIENCE:.0f} seconds")
    return Tried(spec, check, outcome, remark)


def _outcome(registry: Registry, spec: Spec, check: Check) -> tuple[str, str]:
    with tempfile.TemporaryDirectory(prefix="x2face-", ignore_cleanup_errors=True) as folder:
        try:
            source = tiny_source(registry)
            return "kept", call_foreign(Owner(spec.role, spec.name), lambda: check(spec, source, Path(folder))) or ""
        except MissingError as error:
            return "skipped", str(error)
        except PluginError as error:
            cause = error.__cause__
            return "broken", str(cause) if isinstance(
                cause, Broken
            ) else f"{type(cause or error).__name__}: {cause or error}"
        except X2FaceError as error:
            return "broken", f"{type(error).__name__}: {error}"

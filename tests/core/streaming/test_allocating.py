"""Memory of batches is not asked from the system again and again."""

from __future__ import annotations

import ctypes
import platform
from typing import Any

import pytest

from x2face_core.streaming.allocating import keep_freed_memory


def test_glibc_takes_all_settings() -> None:
    if platform.libc_ver()[0] == "glibc":
        assert keep_freed_memory()
    else:
        assert keep_freed_memory() in (True, False)


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    without: Any = object()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: without)
    assert not keep_freed_memory.__wrapped__()

"""What every driver promises."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.x2face("osc")
def test_it_keeps_what_drivers_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()

"""What every driver and mapping promises."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.x2face("blendshapes")
def test_they_keep_what_drivers_and_mappings_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()

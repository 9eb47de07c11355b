"""Drivers and overlays as a run takes them, without a plugin."""

from __future__ import annotations

from typing import Any

from x2face_core.foreign import Owner
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay


def active(name: str, driver: Any, dist: str = "", version: str = "", **more: Any) -> ActiveDriver:
    """A driver that takes part as it is told here, whatever it says itself."""
    return ActiveDriver(driver=driver, owner=Owner("driver", name, dist, version), **more)


def painting(name: str, overlay: Any, dist: str = "", version: str = "", **more: Any) -> ActiveOverlay:
    """An overlay that takes part as it is told here."""
    return ActiveOverlay(overlay=overlay, owner=Owner("overlay", name, dist, version), **more)

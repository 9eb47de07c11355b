"""Put colour on a face."""

from __future__ import annotations

from x2face_gamepad.settings import Settings

__all__ = ["Settings"]

"""Move from the face in one picture to the next."""

from __future__ import annotations

from x2face_gamepad.settings import Settings

__all__ = ["Settings"]

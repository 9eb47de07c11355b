"""Drive a face live by OSC messages."""

from __future__ import annotations

from x2face_osc.settings import Settings

__all__ = ["Settings"]

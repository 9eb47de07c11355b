"""Idle motion: blinks, and slight sway of the head."""

from x2face_idle.settings import Settings

__all__ = ["Settings"]

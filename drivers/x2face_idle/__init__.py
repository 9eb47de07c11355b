"""Keep a face alive that nobody moves: it blinks, and its head is never quite still."""

from x2face_idle.settings import Settings

__all__ = ["Settings"]

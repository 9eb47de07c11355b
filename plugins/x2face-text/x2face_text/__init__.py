"""Drive a face by text, through speech synthesis."""

from __future__ import annotations

from x2face_text.settings import Settings

__all__ = ["Settings"]

"""Let a face say a text."""

from __future__ import annotations

from x2face_text.settings import Settings

__all__ = ["Settings"]

"""Let a face say a text."""

from __future__ import annotations

from x2face_text.plugin import Settings

__all__ = ["Settings"]

"""Drive a face by ARKit blendshapes."""

from __future__ import annotations

from x2face_blendshapes.settings import Settings

__all__ = ["Settings"]

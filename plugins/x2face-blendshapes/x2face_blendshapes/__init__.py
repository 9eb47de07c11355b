"""Drive a face by ARKit blendshapes."""

from __future__ import annotations

from x2face_blendshapes.plugin import Settings

__all__ = ["Settings"]

"""Replay the motion that a run recorded, on any face."""

from x2face_track.plugin import Settings

__all__ = ["Settings"]

"""Replay the motion that a run recorded, on any face."""

from x2face_track.settings import Settings

__all__ = ["Settings"]

"""Replay recorded motion on any face."""

from x2face_track.settings import Settings

__all__ = ["Settings"]

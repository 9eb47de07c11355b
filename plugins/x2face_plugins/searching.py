"""Searching a film for faces while all else is loaded; imports no torch. Provisional."""

from __future__ import annotations

from x2face_core.media.ahead import Ahead
from x2face_core.media.clips import begin_search
from x2face_core.media.scan import FaceSearch

__all__ = ["Ahead", "FaceSearch", "begin_search"]

"""Drive a face by the electric signals of its muscles."""

from __future__ import annotations

from x2face_emg.settings import CHANNELS, Settings

__all__ = ["CHANNELS", "Settings"]

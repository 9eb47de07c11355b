"""Drive a face by the electrical activity of facial muscles (surface EMG)."""

from __future__ import annotations

from x2face_emg.settings import CHANNELS, Settings

__all__ = ["CHANNELS", "Settings"]

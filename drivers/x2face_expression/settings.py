"""Labels and units of the factors, as defined in docs/data.md, and names of all measures."""

from __future__ import annotations

MOUTH = ("mouth_open", "mouth_width")
EYES = ("eye_left", "eye_right", "gaze_x", "gaze_y")
MEASURES = ("roll", "pitch", "yaw", *MOUTH, *EYES, "place_x", "place_y", "size", "brows")
"""Columns of the tables of measures; the last four are computed from landmarks, see gathering.placed."""

MOUTH_UNITS = ("face heights",) * len(MOUTH)
EYES_UNITS = ("eye widths",) * len(EYES)

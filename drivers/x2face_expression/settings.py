"""Names and units of what the mappings read and write, as docs/data.md defines them, and of what else is measured."""

from __future__ import annotations

MOUTH = ("mouth_open", "mouth_width")
EYES = ("eye_left", "eye_right", "gaze_x", "gaze_y")
MEASURES = ("roll", "pitch", "yaw", *MOUTH, *EYES, "place_x", "place_y", "size", "brows")
"""The columns of every table that is learned from; the last four are of landmarks, see gathering.placed."""

MOUTH_UNITS = ("face heights",) * len(MOUTH)
EYES_UNITS = ("eye widths",) * len(EYES)

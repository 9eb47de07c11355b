"""The ARKit channels that this plugin uses: https://developer.apple.com/documentation/arkit/arfaceanchor/blendshapelocation

Left and right are the person's own. Names are not case-sensitive: the app writes EyeBlinkLeft for ARKit's eyeBlinkLeft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from x2face_blendshapes.settings import LABELS

HEAD = ("HeadRoll", "HeadPitch", "HeadYaw")
LOOKS = tuple(f"EyeLook{way}{side}" for side in ("Left", "Right") for way in ("In", "Out", "Up", "Down"))
USED = (
    "EyeBlinkLeft",
    "EyeBlinkRight",
    *LOOKS,
    "JawOpen",
    "MouthClose",
    "MouthPucker",
    "MouthSmileLeft",
    "MouthSmileRight",
    *HEAD,
)
SIGNS = np.array([-1.0, 1.0, -1.0])
"""Signs of HEAD, to get roll clockwise in the picture, pitch up and yaw to the picture's right."""

GAZE = (0.2, 0.15)
"""Displacement of the irises, sideways and up or down, in eye widths for coefficient 1 (about 30 degrees)."""

_KNOWN = {name.lower(): name for name in USED}
_SWAPPED = [LABELS.index(name) for name in ("jaw_open", "mouth_width", "eye_blink_right", "eye_blink_left")]


def known(name: str) -> str | None:
    """A channel's name in the spelling of USED; None for a channel that is not used."""
    return _KNOWN.get(name.lower())


def ignored(channels: Mapping[str, np.ndarray]) -> list[str]:
    """The channels that vary but are not used."""
    return [name for name, column in channels.items() if known(name) is None and np.abs(column).max() > 5e-3]


def coefficients(channels: Mapping[str, np.ndarray]) -> np.ndarray:
    """Columns (n,) by name to the coefficients (n, 4) of LABELS; a missing channel is 0.

    MouthClose closes the lips over an open jaw. Mouth width is positive for a smile and negative for a pucker.
    """
    rows = max((len(column) for column in channels.values()), default=0)
    there = {name: channels.get(name, np.zeros(rows)) for name in USED}
    jaw = np.clip(there["JawOpen"] - there["MouthClose"], 0, None)
    width = (there["MouthSmileLeft"] + there["MouthSmileRight"]) / 2 - there["MouthPucker"]
    return np.stack([jaw, width, there["EyeBlinkLeft"], there["EyeBlinkRight"]], axis=1)


def gaze(channels: Mapping[str, np.ndarray]) -> np.ndarray:
    """Columns (n,) by name to gaze (n, 2) in eye widths, to the picture's right and down; means of both eyes.

    The person's left is the picture's right: there their left eye looks out and their right eye in.
    """
    rows = max((len(column) for column in channels.values()), default=0)
    there = {name: channels.get(name, np.zeros(rows)) for name in LOOKS}
    right = there["EyeLookOutLeft"] - there["EyeLookInLeft"] + there["EyeLookInRight"] - there["EyeLookOutRight"]
    down = there["EyeLookDownLeft"] - there["EyeLookUpLeft"] + there["EyeLookDownRight"] - there["EyeLookUpRight"]
    moved: np.ndarray = np.stack([right, down], axis=1) / 2 * GAZE
    return moved


def degrees(channels: Mapping[str, np.ndarray], per_unit: float, flipped: Iterable[str] = ()) -> np.ndarray:
    """Columns (n,) by name to roll, pitch and yaw (n, 3) in degrees, in the convention of x2face.

    per_unit: degrees for a unit of the angles; flipped: names of angles with inverted sign
    """
    rows = max((len(column) for column in channels.values()), default=0)
    angles = np.stack([channels.get(name, np.zeros(rows)) for name in HEAD], axis=1)
    signs = np.array([-1.0 if axis in flipped else 1.0 for axis in ("roll", "pitch", "yaw")]) * SIGNS
    turned: np.ndarray = angles * per_unit * signs
    return turned


def mirrored(values: np.ndarray, angles: np.ndarray, looks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients (n, 4), degrees (n, 3) and gaze (n, 2) of the mirrored face."""
    return values[:, _SWAPPED], angles * [-1, 1, -1], looks * [-1, 1]

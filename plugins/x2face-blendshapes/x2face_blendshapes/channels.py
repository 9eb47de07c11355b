"""What of ARKit's channels this plugin knows: https://developer.apple.com/documentation/arkit/arfaceanchor/blendshapelocation

Left and right there are the person's own. Names are compared without regard to case: the app writes EyeBlinkLeft where
ARKit says eyeBlinkLeft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from x2face_blendshapes.settings import LABELS

HEAD = ("HeadRoll", "HeadPitch", "HeadYaw")
HELD = (
    "EyeBlinkLeft",
    "EyeBlinkRight",
    "JawOpen",
    "MouthClose",
    "MouthPucker",
    "MouthSmileLeft",
    "MouthSmileRight",
    *HEAD,
)
SIGNS = np.array([-1.0, 1.0, -1.0])
"""Of HEAD, to roll clockwise in the picture, pitch up and yaw to the picture's right."""

_KNOWN = {name.lower(): name for name in HELD}
_SWAPPED = [LABELS.index(name) for name in ("jaw_open", "mouth_width", "eye_blink_right", "eye_blink_left")]


def known(name: str) -> str | None:
    """A channel's name as HELD has it, whatever its case; None for one that nothing is done with."""
    return _KNOWN.get(name.lower())


def ignored(channels: Mapping[str, np.ndarray]) -> list[str]:
    """The channels that say something and are not used."""
    return [name for name, column in channels.items() if known(name) is None and np.abs(column).max() > 5e-3]


def coefficients(channels: Mapping[str, np.ndarray]) -> np.ndarray:
    """Columns (n,) by their names in HELD to (n, 4) LABELS; a channel that is not there is 0.

    MouthClose is what closes the lips in spite of an open jaw. The mouth grows wider by a smile and narrower by a
    pucker; one number holds both.
    """
    rows = max((len(column) for column in channels.values()), default=0)
    there = {name: channels.get(name, np.zeros(rows)) for name in HELD}
    jaw = np.clip(there["JawOpen"] - there["MouthClose"], 0, None)
    width = (there["MouthSmileLeft"] + there["MouthSmileRight"]) / 2 - there["MouthPucker"]
    return np.stack([jaw, width, there["EyeBlinkLeft"], there["EyeBlinkRight"]], axis=1)


def degrees(channels: Mapping[str, np.ndarray], per_unit: float, flipped: Iterable[str] = ()) -> np.ndarray:
    """Columns (n,) by their names in HELD to (n, 3) roll, pitch and yaw as x2face has them.

    per_unit: degrees in a unit of the angles; flipped: of roll, pitch and yaw those that go the other way
    """
    rows = max((len(column) for column in channels.values()), default=0)
    angles = np.stack([channels.get(name, np.zeros(rows)) for name in HEAD], axis=1)
    signs = np.array([-1.0 if axis in flipped else 1.0 for axis in ("roll", "pitch", "yaw")]) * SIGNS
    turned: np.ndarray = angles * per_unit * signs
    return turned


def mirrored(values: np.ndarray, angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (n, 4) and degrees (n, 3) of the same face in a mirror."""
    return values[:, _SWAPPED], angles * [-1, 1, -1]

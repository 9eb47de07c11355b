"""The state of the face as set by messages."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from x2face_blendshapes.channels import coefficients, gaze, known

AXES = ("roll", "pitch", "yaw")
FURTHEST = 60.0  # degrees
BLENDSHAPE = "/VMC/Ext/Blend/Val"
_SIDES = ("EyeBlinkLeft", "EyeBlinkRight")
_VRM = {"a": ("JawOpen",), "blink": _SIDES, "blink_l": _SIDES[:1], "blink_r": _SIDES[1:]}
_WIDE, _NARROW = ("MouthSmileLeft", "MouthSmileRight"), ("MouthPucker",)


class ControlState:
    """The last value of each address.

    channels: ARKit coefficients that were received; angles: (3,) roll, pitch and yaw in degrees
    """

    def __init__(self) -> None:
        self.channels: dict[str, float] = {}
        self.angles = np.zeros(3)
        self._addresses: dict[str, Callable[[float], None]] = {
            "/mouth/open": lambda x: self._set(("JawOpen",), x),
            "/mouth/width": self._set_width,
            "/eyes/blink": lambda x: self._set(_SIDES, x),
            "/eye/left/blink": lambda x: self._set(_SIDES[:1], x),
            "/eye/right/blink": lambda x: self._set(_SIDES[1:], x),
        }

    def take(self, address: str, arguments: list[Any]) -> bool:
        """Apply a message; returns whether it was understood."""
        if address == BLENDSHAPE and len(arguments) == 2:
            return self._blendshape(arguments[0], _number(arguments[1]))
        number = _number(arguments[0]) if len(arguments) == 1 else None
        if number is None:
            return False
        if address.startswith("/head/") and address[6:] in AXES:
            self.angles[AXES.index(address[6:])] = np.clip(number, -FURTHEST, FURTHEST)
            return True
        if address in self._addresses:
            self._addresses[address](number)
            return True
        return self._blendshape(address[1:], number)

    @property
    def values(self) -> np.ndarray:
        """(1, 4) coefficients of the mapping `blendshapes`."""
        return coefficients(self._columns)

    @property
    def looks(self) -> np.ndarray:
        """(1, 2) gaze in eye widths."""
        return gaze(self._columns)

    @property
    def _columns(self) -> dict[str, np.ndarray]:
        return {name: np.array([value]) for name, value in self.channels.items()} or {"": np.zeros(1)}

    def _blendshape(self, name: Any, number: float | None) -> bool:
        """Set an ARKit channel, or a VRM blend shape with an equivalent."""
        if not isinstance(name, str) or number is None:
            return False
        channel = known(name)
        names = (channel,) if channel and not channel.startswith("Head") else _VRM.get(name.lower(), ())
        self._set(names, number)
        return bool(names)

    def _set(self, names: tuple[str, ...], number: float) -> None:
        for name in names:
            self.channels[name] = float(np.clip(number, 0, 1))

    def _set_width(self, number: float) -> None:
        self._set(_WIDE, number)
        self._set(_NARROW, -number)


def _number(value: Any) -> float | None:
    """A finite number, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)

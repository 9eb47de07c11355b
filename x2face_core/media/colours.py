"""Conversion to sRGB from HDR (PQ, HLG), wide gamuts (BT.2020, P3) and Adobe RGB.

SDR white is 203 cd/m² of an HDR film (ITU-R BT.2408); brighter light is clipped. Colours outside sRGB's gamut are
clipped too, which faces hardly reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2face_core.media.pictures import Picture

Light = NDArray[np.float32]
"""Linear red, green and blue; 1 is white."""

_WHITE = 203.0  # cd/m²
_PEAK = 1000.0  # cd/m² of the screen that HLG is made for (BT.2100)

_D65 = (0.3127, 0.3290)
_SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))
_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
_ADOBE = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))


@dataclass(frozen=True)
class Space:
    """The colour space of a film or picture: FFmpeg's AVColorPrimaries and AVColorTransferCharacteristic."""

    primaries: int
    transfer: int

    @property
    def usual(self) -> bool:
        """Whether no conversion is needed: close to sRGB, or unknown."""
        return self.primaries not in _PRIMARIES and self.transfer not in (_PQ, _HLG)

    def to_srgb(self, picture: NDArray[Any]) -> Picture:
        """Convert (h, w, 3) uint8 or uint16 in this colour space to (h, w, 3) uint8 in sRGB."""
        light = _curve(self.transfer, picture.dtype.itemsize)[picture]
        if self.transfer == _HLG:
            luminance = light @ np.array([0.2627, 0.6780, 0.0593], dtype=np.float32)
            light *= (_PEAK / _WHITE * luminance**0.2)[..., None]  # the OOTF of the display, BT.2100
        light = light @ _matrix(self.primaries)
        answer: Picture = _coded()[(65_535 * light.clip(0, 1) + 0.5).astype(np.uint16)]
        return answer


ADOBE = Space(-1, -1)
"""Adobe RGB (1998)."""

_PRIMARIES = {9: _BT2020, 11: _P3, 12: _P3, -1: _ADOBE}  # AVColorPrimaries
_PQ, _HLG = 16, 18  # AVColorTransferCharacteristic


@lru_cache(maxsize=8)
def _curve(transfer: int, size: int) -> Light:
    """(256 ** size,) lookup table from code values to linear light; size: bytes of a value."""
    return _LIGHT.get(transfer, _srgb_light)(np.linspace(0, 1, 256**size)).astype(np.float32)


@lru_cache(maxsize=1)
def _coded() -> Picture:
    """(65536,) lookup table from linear light to sRGB code values."""
    light = np.linspace(0, 1, 65_536)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (255 * coded).round().astype(np.uint8)


@lru_cache(maxsize=8)
def _matrix(primaries: int) -> Light:
    """(3, 3) from linear light with these primaries to linear sRGB, multiplied from the right."""
    own = _PRIMARIES.get(primaries, _SRGB)
    return (np.linalg.inv(_to_xyz(_SRGB)) @ _to_xyz(own)).T.astype(np.float32)


def _srgb_light(coded: NDArray[Any]) -> NDArray[Any]:
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _pq_light(coded: NDArray[Any]) -> NDArray[Any]:
    """PQ code values to linear light (BT.2100 table 4)."""
    power = coded ** (32 / 2523)
    light: NDArray[Any] = ((power - 107 / 128).clip(0) / (2413 / 128 - 2392 / 128 * power)) ** (8192 / 1305)
    return 10_000 / _WHITE * light


def _hlg_light(coded: NDArray[Any]) -> NDArray[Any]:
    """HLG code values to linear scene light, before the OOTF of a display (BT.2100 table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - c) / a) + b) / 12)


def _adobe_light(coded: NDArray[Any]) -> NDArray[Any]:
    return coded ** (563 / 256)


_LIGHT: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {_PQ: _pq_light, _HLG: _hlg_light, -1: _adobe_light}


def _to_xyz(primaries: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """(3, 3) from linear red, green and blue of these chromaticities, and the white of daylight, to CIE XYZ."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([_D65[0] / _D65[1], 1, (1 - _D65[0] - _D65[1]) / _D65[1]])
    matrix: NDArray[np.float64] = columns * np.linalg.solve(columns, white)
    return matrix

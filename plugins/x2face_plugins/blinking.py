"""Blinks that are added to speech by default, unless `still` is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from x2face_core.errors import MissingError, WeightsError
from x2face_core.streaming.active import ActiveDriver
from x2face_plugins.choosing import Choice, choose

if TYPE_CHECKING:
    from x2face_core.sources.source import MappingsByName
    from x2face_plugins.registry import Registry

IDLE, EYES = "idle", "eyes"
LOW = {"amount": 0.3, "blinks": 1.0}
"""Settings of the driver idle with speech: full blinks, and a third of its usual sway."""
_NEEDED = (EYES, "pose")


def blinks_beside(drivers: Sequence[ActiveDriver], registry: Registry, mapping: MappingsByName) -> Choice | None:
    """The driver idle, to add to speech, if no other driver moves the eyes and its mappings are fitted."""
    if lack_blinks(drivers) and registry.has_driver(IDLE) and _can_blink(mapping):
        return replace(choose(registry, IDLE, LOW), by_default=True)
    return None


def lack_blinks(drivers: Sequence[ActiveDriver]) -> bool:
    """Whether a driver follows its sound, and no other driver is idle or may move the eyes."""
    speaking = [one for one in drivers if one.follows_sound]
    others = [one for one in drivers if not one.follows_sound]
    return bool(speaking) and not any(one.name == IDLE or moves(one, EYES) for one in others)


def moves(driver: ActiveDriver, factor: str) -> bool:
    """Whether a driver may change a factor, given its declaration and shaping."""
    taken = driver.shaping
    if factor in taken.without or (taken.only and factor not in taken.only):
        return False
    return not driver.moves or factor in driver.moves


def _can_blink(mapping: MappingsByName) -> bool:
    """Whether the factors that idle writes are fitted for these weights."""
    try:
        for name in _NEEDED:
            mapping(name)
    except (MissingError, WeightsError):
        return False
    return True

"""Drivers and overlays as a run takes them: loaded, with what they declared and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from x2face_core.composing import Part, foreign_load
from x2face_core.errors import UsageError
from x2face_core.pipeline import Painted
from x2face_plugins.registry import Registry
from x2face_plugins.specs import DriverSpec


def load_parts(registry: Registry, settings: Mapping[str, Any]) -> tuple[list[Part], list[Painted]]:
    """Drivers and overlays by their names, in this order, loaded. PluginError where one fails."""
    parts, overlays = [], []
    for name, one in settings.items():
        if isinstance(registry.driver(name), DriverSpec):
            parts.append(load_part(registry, name, one))
        else:
            overlays.append(load_overlay(registry, name, one))
    return parts, overlays


def load_part(registry: Registry, name: str, settings: Any) -> Part:
    """A driver. UsageError where the name is an overlay's."""
    spec = registry.driver(name)
    if not isinstance(spec, DriverSpec):
        raise UsageError(f"{name} is an {spec.kind} and yields no vectors; a driver is needed.")
    dist, version = registry.dist_of(name)
    driver = foreign_load(spec.load, settings, name, dist, version)
    declared = {key: getattr(spec, key) for key in ("relative", "endless", "live", "holds")}
    return Part.of(name, driver, dist=dist, version=version, **declared)


def load_overlay(registry: Registry, name: str, settings: Any) -> Painted:
    """An overlay. UsageError where the name is a driver's."""
    spec = registry.driver(name)
    if isinstance(spec, DriverSpec):
        raise UsageError(f"{name} is a driver and paints nothing; an overlay is needed.")
    dist, version = registry.dist_of(name)
    overlay = foreign_load(spec.load, settings, name, dist, version)
    return Painted.of(name, overlay, moving=spec.moving, dist=dist, version=version)


def delegate(registry: Registry, name: str, settings: dict[str, Any]) -> Part:
    """Another installed driver, for one that hands its work on."""
    return load_part(registry, name, registry.driver(name).settings(**settings))

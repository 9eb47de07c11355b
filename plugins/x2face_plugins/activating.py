"""Drivers and overlays loaded, as a run takes them: with what they declared and whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from x2face_core.errors import UsageError
from x2face_core.foreign import call_foreign
from x2face_core.rendering.pipeline import Painted
from x2face_core.streaming.composing import Part
from x2face_plugins.offers import Offer
from x2face_plugins.registry import Registry
from x2face_plugins.specs import DriverSpec, OverlaySpec


def load_parts(registry: Registry, settings: Mapping[str, Any]) -> tuple[list[Part], list[Painted]]:
    """Drivers and overlays by their names, in this order, loaded. PluginError where one fails."""
    parts, overlays = [], []
    for name, one in settings.items():
        if isinstance(registry.driver(name).spec, DriverSpec):
            parts.append(load_part(registry, name, one))
        else:
            overlays.append(load_overlay(registry, name, one))
    return parts, overlays


def load_part(registry: Registry, name: str, settings: Any) -> Part:
    """A driver. UsageError where the name is an overlay's."""
    offer = registry.driver(name)
    if not isinstance(spec := offer.spec, DriverSpec):
        raise UsageError(f"{name} is an {spec.kind} and yields no vectors; a driver is needed.")
    declared = {key: getattr(spec, key) for key in ("relative", "endless", "live", "holds")}
    return Part.of(name, _loaded(offer, settings), dist=offer.dist, version=offer.version, **declared)


def load_overlay(registry: Registry, name: str, settings: Any) -> Painted:
    """An overlay. UsageError where the name is a driver's."""
    offer = registry.driver(name)
    if not isinstance(spec := offer.spec, OverlaySpec):
        raise UsageError(f"{name} is a driver and paints nothing; an overlay is needed.")
    return Painted.of(name, _loaded(offer, settings), moving=spec.moving, dist=offer.dist, version=offer.version)


def _loaded(offer: Offer[DriverSpec | OverlaySpec], settings: Any) -> Any:
    """What the plugin makes of the settings. PluginError where it fails."""
    return call_foreign(offer.owner, lambda: offer.spec.load(settings))


def delegate(registry: Registry, name: str, settings: dict[str, Any]) -> Part:
    """Another installed driver, for one that hands its work on."""
    return load_part(registry, name, registry.driver(name).spec.settings(**settings))

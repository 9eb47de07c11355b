"""Loading drivers and overlays into ActiveDriver and ActiveOverlay."""

from __future__ import annotations

from typing import Any

from x2face_core.errors import UsageError
from x2face_core.foreign import call_foreign
from x2face_core.streaming.active import AS_IT_IS, ActiveDriver, ActiveOverlay
from x2face_core.streaming.shaping import Shaping
from x2face_plugins.inputs import inputs_of
from x2face_plugins.offers import Offer
from x2face_plugins.registry import Registry
from x2face_plugins.specs import DriverSpec, OverlaySpec

AnySpec = DriverSpec | OverlaySpec


def load(offer: Offer[AnySpec], settings: Any, shaping: Shaping = AS_IT_IS) -> ActiveDriver | ActiveOverlay:
    """Load a driver or an overlay. PluginError if its code fails, InputError if an input cannot be read."""
    spec, inputs = offer.spec, inputs_of(offer.spec, settings)
    loaded: Any = call_foreign(offer.owner, lambda: spec.load(settings), inputs)
    if isinstance(spec, OverlaySpec):
        return ActiveOverlay.of(loaded, offer.owner, moving=spec.moving, inputs=inputs, shaping=shaping)
    return ActiveDriver.of(
        loaded,
        offer.owner,
        relative=spec.relative,
        endless=spec.endless,
        live=spec.live,
        holds=spec.holds,
        moves=spec.moves,
        follows_sound=spec.follows_sound,
        inputs=inputs,
        shaping=shaping,
    )


def load_driver(offer: Offer[AnySpec], settings: Any, shaping: Shaping = AS_IT_IS) -> ActiveDriver:
    """Load a driver. UsageError if the offer is an overlay."""
    loaded = load(offer, settings, shaping)
    if not isinstance(loaded, ActiveDriver):
        raise UsageError(f"{offer.name} is an overlay and yields no vectors; a driver is needed.")
    return loaded


def delegate(registry: Registry, name: str, settings: dict[str, Any]) -> ActiveDriver:
    """Load a driver on behalf of another driver (`Source.drive`)."""
    offer = registry.driver(name)
    return load_driver(offer, offer.spec.settings(**settings))

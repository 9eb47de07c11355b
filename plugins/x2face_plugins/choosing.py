"""What a run names: drivers and overlays with their settings, and what of their motion it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import UsageError
from x2face_core.streaming.shaping import Shaping
from x2face_plugins.desk import desk_of, shaping_of
from x2face_plugins.inputs import inputs_of
from x2face_plugins.offers import Offer
from x2face_plugins.registry import Registry
from x2face_plugins.settings import convert, flag_name, read_settings
from x2face_plugins.specs import DriverSpec, OverlaySpec

if TYPE_CHECKING:
    from x2face_core.streaming.active import ActiveDriver, ActiveOverlay

AnySpec = DriverSpec | OverlaySpec


@dataclass(frozen=True)
class Choice:
    """A driver or an overlay that a run names.

    name: as the user said it, bare or `dist:name`; settings: the plugin's own; shaping: what of its motion is taken
    by_default: nobody named it, see x2face_plugins.blinking
    """

    name: str
    offer: Offer[AnySpec]
    settings: Any
    shaping: Shaping
    by_default: bool = False

    def load(self) -> ActiveDriver | ActiveOverlay:
        """PluginError where the plugin fails, InputError where an input cannot be read."""
        from x2face_plugins.activating import load

        return load(self.offer, self.settings, self.shaping)

    @property
    def input(self) -> str | None:
        """What it reads, as the user said it."""
        value = getattr(self.settings, "input", None)
        return None if value is None else str(value)

    @property
    def files(self) -> list[Path]:
        """The files and folders that its settings name."""
        return [path for _, path in inputs_of(self.offer.spec, self.settings)]


def choose(registry: Registry, name: str, given: Mapping[str, Any]) -> Choice:
    """A driver or overlay with values of its settings' fields, and of weight, start, stop, only and without.

    Raises UsageError for a field that there is not, a value that it cannot have, or values that do not go together.
    """
    offer = registry.driver(name)
    spec, desk = offer.spec, desk_of(offer.spec)
    own = {one.name for one in read_settings(desk)}
    refuse_unknown(spec, given)
    settings = build_settings(spec.name, spec.settings, {field: given[field] for field in given if field not in own})
    said = build_settings(spec.name, desk, {field: given[field] for field in given if field in own})
    try:
        shaping = shaping_of(said)
    except ValueError as error:
        raise UsageError(f"--{spec.name}-…: {error}.") from error
    _check_factors(registry, spec.name, shaping)
    return Choice(name, offer, settings, shaping)


def refuse_unknown(spec: AnySpec, given: Iterable[str]) -> None:
    """Raise UsageError for a field that neither the plugin nor x2face has."""
    known = [one.name for one in (*read_settings(spec.settings), *read_settings(desk_of(spec)))]
    for field in given:
        if field not in known:
            import difflib  # only now: every start would pay for it

            close = difflib.get_close_matches(field, known, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
            raise UsageError(f"{spec.name} has no setting {field}; {hint}")


def build_settings(driver: str, settings: type[Any], given: Mapping[str, Any]) -> Any:
    """A settings dataclass of values that are converted and checked."""
    declared = read_settings(settings)
    values = {
        one.name: convert(one, given[one.name], flag_name(driver, one.name))
        for one in declared
        if one.name in given and given[one.name] is not one.default
    }
    if missing := [flag_name(driver, one.name) for one in declared if one.required and one.name not in values]:
        raise UsageError(f"{' and '.join(missing)}: a value is needed, for {driver} has no default for it.")
    try:
        return settings(**values)
    except ValueError as error:
        raise UsageError(f"the settings of {driver} do not go together: {error}") from error


def _check_factors(registry: Registry, driver: str, shaping: Shaping) -> None:
    """Raise UsageError where a factor is named that no plugin brings."""
    for word, listed in (("only", shaping.only), ("without", shaping.without)):
        for name in listed:
            if not (registry.has_mapping(name) and registry.mapping(name).spec.factor):
                there = [one for one, offer in registry.mappings().items() if offer.spec.factor]
                raise UsageError(f"--{driver}-{word} {name}: there is no such factor; there are {', '.join(there)}.")

"""The drivers and overlays of a run, with their validated settings."""

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
    """A driver or an overlay of a run, not loaded yet.

    name: as given by the user, bare or `dist:name`; settings: the plugin's dataclass
    shaping: weight, time window and factors
    by_default: added by x2face, not named by the user; see x2face_plugins.blinking
    path: of a plugin that the user gave by path
    """

    name: str
    offer: Offer[AnySpec]
    settings: Any
    shaping: Shaping
    by_default: bool = False
    path: str | None = None

    def load(self) -> ActiveDriver | ActiveOverlay:
        """Load it. PluginError if the plugin fails, InputError if an input cannot be read."""
        from x2face_plugins.activating import load

        return load(self.offer, self.settings, self.shaping)

    @property
    def input(self) -> str | None:
        """The field `input` of its settings as text, or None."""
        value = getattr(self.settings, "input", None)
        return None if value is None else str(value)

    @property
    def files(self) -> list[Path]:
        """The files and folders named in its settings."""
        return [path for _, path in inputs_of(self.offer.spec, self.settings)]


def choose(registry: Registry, name: str, given: Mapping[str, Any]) -> Choice:
    """Choose a driver or an overlay with values for its own settings, and for weight, start, stop, only and without.

    UsageError for an unknown field, an invalid value, or values that contradict one another.
    """
    offer = registry.driver(name)
    spec, desk = offer.spec, desk_of(offer.spec)
    own = {one.name for one in read_settings(desk)}
    refuse_unknown(spec, given)
    settings = build_settings(spec.name, spec.settings, {field: given[field] for field in given if field not in own})
    desk_settings = build_settings(spec.name, desk, {field: given[field] for field in given if field in own})
    try:
        shaping = shaping_of(desk_settings)
    except ValueError as error:
        raise UsageError(f"--{spec.name}-…: {error}.") from error
    _check_factors(registry, spec.name, shaping)
    return Choice(name, offer, settings, shaping)


def refuse_unknown(spec: AnySpec, given: Iterable[str]) -> None:
    """UsageError for a field that neither the plugin nor x2face has."""
    known = [one.name for one in (*read_settings(spec.settings), *read_settings(desk_of(spec)))]
    for field in given:
        if field not in known:
            import difflib  # imported late, as it slows every start down

            close = difflib.get_close_matches(field, known, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}."
            raise UsageError(f"{spec.name} has no setting {field}; {hint}")


def build_settings(driver: str, settings: type[Any], given: Mapping[str, Any]) -> Any:
    """Make a settings dataclass from values, which are converted and validated.

    UsageError for a value that is missing or invalid, or settings that do not go together.
    """
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
    """UsageError for a factor that no installed plugin provides."""
    for word, listed in (("only", shaping.only), ("without", shaping.without)):
        for name in listed:
            if not (registry.has_mapping(name) and registry.mapping(name).spec.factor):
                there = [one for one, offer in registry.mappings().items() if offer.spec.factor]
                raise UsageError(f"--{driver}-{word} {name}: there is no such factor; there are {', '.join(there)}.")

"""Loading fitted mappings, each once, with checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from x2face_core.driving import Factor, Mapping
from x2face_core.errors import MissingError, PluginError, UsageError, WeightsError
from x2face_core.foreign import call_foreign
from x2face_plugins.mappings.files import MappingInfo, state_of
from x2face_plugins.mappings.lookup import chosen_files, find_mapping
from x2face_plugins.offers import Offer
from x2face_plugins.registry import Registry
from x2face_plugins.specs import MappingSpec

MappingsByName = Callable[[str], "Mapping | Factor"]
_SHOWN = 8  # names in an error


def mapping_loader(
    registry: Registry, space: str, given: Iterable[Path] = (), weights: Path | None = None
) -> MappingsByName:
    """A cached function from a mapping's name, bare or `dist:name`, to the mapping, fitted for a driving space.

    space: fingerprint of the driving encoder; given: files that take precedence
    weights: file of the weights in use, which may contain mappings
    WeightsError, at once, if a given file is broken. The function raises WeightsError for a mapping fitted for other
    spaces only, and MissingError, with the command that would help, for one that is not fitted or not installed.
    """
    chosen = chosen_files(given)

    @cache
    def load(name: str) -> Mapping | Factor:
        try:
            offer = registry.mapping(name)
        except UsageError as error:
            raise MissingError(f"A driver asks for a mapping that is not installed: {error}") from error
        return load_mapping(offer, find_mapping(offer, space, chosen.get((offer.name, offer.dist)), weights))

    return load


def load_mapping(offer: Offer[MappingSpec], info: MappingInfo) -> Mapping | Factor:
    """Load a fitted mapping. WeightsError if its file does not fit the mapping."""
    path, mapping, spec = info.path or Path(), empty_mapping(offer), offer.spec
    again = f"`x2face fit {offer.name} --data DIR` fits it again."
    if info.labels != spec.labels:
        raise WeightsError(
            f"{path}: takes {_listed(info.labels)}, and {offer.name} of {offer.dist} {offer.version} "
            f"{_listed(spec.labels)}; {again}"
        )
    state = state_of(info)
    try:
        call_foreign(offer.owner, lambda: mapping.load_state_dict(state))
    except PluginError as error:
        raise WeightsError(
            f"{path}: {offer.name} of {offer.dist} {offer.version} cannot take it up ({error.__cause__!r}); {again}"
        ) from error
    return mapping


def empty_mapping(offer: Offer[MappingSpec]) -> Mapping | Factor:
    """A new, unfitted mapping of a plugin. PluginError if it lacks methods of a mapping, or of a factor if declared."""
    mapping: object = call_foreign(offer.owner, offer.spec.load)
    wanted = Factor if offer.spec.factor else Mapping
    if not isinstance(mapping, wanted):
        lacking = [name for name in _members(wanted) if not hasattr(mapping, name)]
        raise PluginError(f"The {offer.owner} is a {type(mapping).__name__} without {_listed(lacking)}.")
    return mapping


def _members(protocol: type) -> list[str]:
    return sorted({name for one in protocol.__mro__ for name in (*vars(one), *getattr(one, "__annotations__", {}))
                   if name[0] != "_"})  # fmt: skip


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")

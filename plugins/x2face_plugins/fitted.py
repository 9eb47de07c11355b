"""The fitted mappings of a run: found, loaded once each, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from x2face_core.driving import Factor, Mapping
from x2face_core.errors import MissingError, PluginError, UsageError, WeightsError
from x2face_core.foreign import call_foreign
from x2face_core.mappings import find_mapping, load_state, own_mappings, read_mapping_info
from x2face_plugins.registry import Registry
from x2face_plugins.specs import MappingSpec

MappingsByName = Callable[[str], "Mapping | Factor"]


def fitted(registry: Registry, space: str, given: Iterable[Path] = ()) -> MappingsByName:
    """A function of a mapping's name, bare or `dist:name`, that answers with the mapping, fitted for a driving space.

    space: fingerprint of the driving encoder; given: files to be used before any others
    Raises WeightsError at once where a given file is broken, and for a mapping fitted only for other spaces;
    MissingError, saying which command would help, for one that is not fitted or not installed.
    """
    chosen = _by_mapping(given)

    @cache
    def load(name: str) -> Mapping | Factor:
        try:
            spec = registry.mapping(name)
        except UsageError as error:
            raise MissingError(f"A driver asks for a mapping that is not installed: {error}") from error
        dist, version = registry.mapping_dist_of(name)
        path = find_mapping(spec.name, dist, space, chosen.get((spec.name, dist)), spec.files)
        return load_mapping(spec, path, dist, version)

    return load


def _by_mapping(given: Iterable[Path]) -> dict[tuple[str, str], Path]:
    """Name and distribution to file. UsageError where two files are of one mapping."""
    chosen: dict[tuple[str, str], Path] = {}
    for path in given:
        info = read_mapping_info(path)
        before = chosen.setdefault((info.name, info.dist), path)
        if before != path:
            raise UsageError(f"--mapping {before} and {path} both hold the mapping {info.name!r}; give one of them.")
    return chosen


def fitted_names(registry: Registry, space: str) -> list[str]:
    """Names of the mappings that are fitted for a driving space: by the user, or as their plugins ship them."""
    names = {info.name for info in own_mappings(space)}
    for spec, plugin in registry.origins():
        if isinstance(spec, MappingSpec) and where(spec, plugin.dist, space)[0]:
            names.add(spec.name)
    return sorted(names)


def where(spec: MappingSpec, dist: str, space: str) -> tuple[Path | None, str]:
    """The file with which a mapping is fitted for a driving space, and in words what is the matter where none is."""
    try:
        return find_mapping(spec.name, dist, space, files=spec.files), ""
    except (MissingError, WeightsError) as error:
        return None, str(error)


def load_mapping(spec: MappingSpec, path: Path, dist: str, version: str) -> Mapping | Factor:
    """A mapping with what a file says it learned. WeightsError where the file is not of its kind."""
    info, mapping = read_mapping_info(path), empty_mapping(spec, dist, version)
    if info.labels != spec.labels:
        raise WeightsError(
            f"{path}: takes {_listed(info.labels)}, and {spec.name} of {dist} {version} {_listed(spec.labels)}; "
            f"`x2face fit {spec.name} --data DIR` fits it again."
        )
    state = load_state(path)
    try:
        call_foreign(owner(spec, dist, version), lambda: mapping.load_state_dict(state))
    except PluginError as error:
        raise WeightsError(
            f"{path}: {spec.name} of {dist} {version} cannot take it up ({error.__cause__!r}); "
            f"`x2face fit {spec.name} --data DIR` fits it again."
        ) from error
    return mapping


def empty_mapping(spec: MappingSpec, dist: str, version: str) -> Mapping | Factor:
    """A plugin's mapping that has learned nothing. PluginError where it is none, or not the factor it says it is."""
    mapping: object = call_foreign(owner(spec, dist, version), spec.load)
    wanted = Factor if spec.factor else Mapping
    if not isinstance(mapping, wanted):
        lacking = [name for name in _members(wanted) if not hasattr(mapping, name)]
        raise PluginError(f"The {owner(spec, dist, version)} is a {type(mapping).__name__} without {_listed(lacking)}.")
    return mapping


def owner(spec: MappingSpec, dist: str, version: str) -> str:
    return f"mapping {spec.name!r} of {dist} {version}".rstrip()


def _members(protocol: type) -> list[str]:
    return sorted({name for one in protocol.__mro__ for name in (*vars(one), *getattr(one, "__annotations__", {}))
                   if name[0] != "_"})  # fmt: skip


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")

"""Options of the command line as Python keywords: `--pose-yaw 20` is `pose_yaw=20`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from x2face_core.errors import UsageError
from x2face_plugins.choosing import Choice, choose
from x2face_plugins.desk import desk_of
from x2face_plugins.local_plugins import is_path, open_path
from x2face_plugins.offers import Offer
from x2face_plugins.registry import Registry
from x2face_plugins.run_options import RunOptions
from x2face_plugins.settings import convert, flag_name, read_settings
from x2face_plugins.specs import DriverSpec, OverlaySpec

AnySpec = DriverSpec | OverlaySpec


@dataclass
class ParsedWords:
    """The parsed options of a run.

    registry: installed plugins, and one-file drivers given by path
    own: options of run, by field; drivers: options of each driver, by field, in the order in which they were named
    paths: of drivers that were given by path
    """

    registry: Registry
    own: dict[str, Any] = field(default_factory=dict)
    drivers: dict[str, dict[str, Any]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    def add_driver(self, name: str) -> None:
        """Add a driver by name or path. Raises as known_driver."""
        self.registry, known = known_driver(self.registry, name)
        self.drivers.setdefault(known, {})
        if is_path(name):
            self.paths[known] = name

    def options(self) -> RunOptions:
        """The options of run. UsageError for an invalid value, or one that is missing."""
        declared = {one.name: one for one in read_settings(RunOptions)}
        if missing := [one.name for one in declared.values() if one.required and one.name not in self.own]:
            raise UsageError(f"{flag_of(missing[0])} is missing, and nothing is made without.")
        return RunOptions(**{name: convert(declared[name], value, flag_of(name)) for name, value in self.own.items()})

    def choices(self) -> list[Choice]:
        """The drivers and overlays. UsageError for invalid options, or two drivers of the same name."""
        self.refuse_namesakes()
        chosen = {name: choose(self.registry, name, given) for name, given in self.drivers.items()}
        return [replace(choice, path=self.paths.get(name)) for name, choice in chosen.items()]

    def refuse_namesakes(self) -> None:
        """UsageError if two drivers have the same name, as their options would be ambiguous."""
        bare = {name: self.registry.driver(name).name for name in self.drivers}
        for prefix in bare.values():
            namesakes = [name for name in bare if bare[name] == prefix]
            if len(namesakes) > 1:
                raise UsageError(f"{' and '.join(namesakes)} would share the options --{prefix}-…; name one of them.")


def read_words(registry: Registry, words: Mapping[str, Any]) -> ParsedWords:
    """Split keywords into options of run and of drivers. UsageError for an unknown keyword."""
    parsed, own = ParsedWords(registry), {one.name for one in read_settings(RunOptions)}
    named = words.get("driver", ())
    for name in [named] if isinstance(named, str) else named:
        parsed.add_driver(str(name))
    for word, value in words.items():
        if word in own:
            parsed.own[word] = value
        elif word != "driver":
            _take(parsed, word, value)
    return parsed


def _take(parsed: ParsedWords, word: str, value: Any) -> None:
    """Record a keyword of a driver, which also selects the driver."""
    for name, spec in _specs(parsed):
        for setting_name in fields_of(spec):
            if word == flag_name(spec.name, setting_name)[2:].replace("-", "_"):
                given = parsed.drivers.setdefault(name, {})
                if setting_name != "input" or "input" in {one.name for one in read_settings(spec.settings)}:
                    given[setting_name] = value
                return
    refuse_option(parsed.registry, f"--{word.replace('_', '-')}")


def _specs(parsed: ParsedWords) -> Iterator[tuple[str, AnySpec]]:
    """Drivers that a keyword may refer to, those already named first: after `dist:nod`, nod means that driver."""
    for name in parsed.drivers:
        yield name, parsed.registry.driver(name).spec
    for name, offer in parsed.registry.drivers().items():
        yield name, offer.spec


def fields_of(spec: AnySpec) -> list[str]:
    """Fields of a driver's options; `input` stands for its bare name, even if it has no input."""
    declared = [one.name for one in (*read_settings(spec.settings), *read_settings(desk_of(spec)))]
    return declared if "input" in declared else ["input", *declared]


def known_driver(registry: Registry, name: str) -> tuple[Registry, str]:
    """Resolve a driver given by name, or by the path of a one-file plugin: the registry with it, and its name there."""
    if not is_path(name):
        registry.driver(name)
        return registry, name
    registry, offer = _joined_by_path(registry, name, "driver", Registry.driver_offers)
    return registry, offer.name if registry.has_driver(offer.name) else offer.full_name


def known_mapping(registry: Registry, name: str) -> tuple[Registry, str]:
    """Resolve a mapping given by name, or by the path of a one-file plugin, as known_driver."""
    if not is_path(name):
        registry.mapping(name)
        return registry, name
    registry, offer = _joined_by_path(registry, name, "mapping", Registry.mapping_offers)
    return registry, offer.name if registry.has_mapping(offer.name) else offer.full_name


def _joined_by_path(
    registry: Registry, path: str, role: str, offers: Callable[[Registry], Sequence[Offer[Any]]]
) -> tuple[Registry, Offer[Any]]:
    """The registry with the plugin at a path, and the only offer of a role that this plugin provides."""
    plugins = open_path(path)
    registry = registry.joined_by(plugins)
    dists = {plugin.dist for plugin in plugins}
    provided = [offer for offer in offers(registry) if offer.dist in dists]
    if len(provided) != 1:
        names = ", ".join(offer.name for offer in provided) or "none"
        raise UsageError(f"{path}: one {role} is needed, and this plugin brings {names}.")
    return registry, provided[0]


def flag_of(name: str) -> str:
    """`--paste-back` for the field paste_back of RunOptions."""
    return f"--{name.replace('_', '-')}"


def refuse_option(registry: Registry, flag: str) -> NoReturn:
    """UsageError for an unknown option; PluginError if a plugin that failed to load may have it."""
    name = flag.removeprefix("--").removeprefix("no-").partition("-")[0]
    registry.refuse_failed(name)
    import difflib  # imported late, as it slows every start down

    known = [one.removeprefix("--") for one in all_flags(registry)]  # dashes would make all of them alike
    close = difflib.get_close_matches(flag.removeprefix("--"), known, 1)
    hint = f"did you mean --{close[0]}?" if close else "`x2face run --help` lists those of run."
    raise UsageError(f"there is no option {flag}; {hint}")


def all_flags(registry: Registry) -> Iterable[str]:
    """All options of run and of all installed drivers."""
    yield from (flag_of(one.name) for one in read_settings(RunOptions))
    for offer in registry.drivers().values():
        yield from (flag_name(offer.name, one) for one in fields_of(offer.spec))

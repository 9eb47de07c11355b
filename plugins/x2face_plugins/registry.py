"""The registry of installed plugins: specs by name, failures and conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from x2face_core.errors import PluginError, UsageError
from x2face_plugins.checking import RESERVED_COMMANDS
from x2face_plugins.entries import canonical
from x2face_plugins.loading import Plugin, in_order, load_plugins
from x2face_plugins.offers import Namespace, Offer
from x2face_plugins.specs import CommandSpec, DriverSpec, MappingSpec, OverlaySpec, Spec

if TYPE_CHECKING:
    import click

S = TypeVar("S", bound=Spec | CommandSpec)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A row of `x2face drivers`.

    name: of the driver, overlay, mapping or command; of the entry point if it was not loaded
    kind: offset, absolute, overlay, mapping or command; None if it was not loaded
    dist, version: of its distribution
    status: ok, failed, disabled or conflict; error: why it is not ok
    """

    name: str
    kind: str | None
    summary: str
    dist: str
    version: str
    status: str = "ok"
    error: str | None = None


class Registry:
    """All plugins, and their drivers, overlays, mappings and commands by name.

    plugins: in the order of `x2face drivers`
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        self._loaded = loaded = list(plugins)
        self._failed = [plugin for plugin in loaded if plugin.status != "ok"]
        ours = frozenset(plugin.name for plugin in loaded if plugin.bundled)  # reserved even if one of ours fails
        self._drivers = Namespace([offer for plugin in loaded for offer in _offers(plugin, plugin.drivers)], ours)
        self._mappings = Namespace([offer for plugin in loaded for offer in _offers(plugin, plugin.mappings)], ours)
        commands = [offer for plugin in loaded for offer in _offers(plugin, plugin.commands)]
        self._commands = Namespace(commands, RESERVED_COMMANDS)
        self.plugins = [
            *_listed(self._drivers),
            *_listed(self._mappings),
            *_listed(self._commands),
            *(_unusable(plugin) for plugin in self._failed),
        ]

    @classmethod
    def load(cls, *, strict: bool = False) -> Registry:
        """Load all installed plugins. strict: PluginError for a plugin that failed or is in conflict"""
        registry = cls(load_plugins())
        if strict:
            registry.refuse_any()
        return registry

    def joined_by(self, plugins: Sequence[Plugin]) -> Registry:
        """A registry with additional plugins, which replace those of the same distribution."""
        dists = {canonical(plugin.dist) for plugin in plugins}
        kept = [one for one in self._loaded if one.bundled or canonical(one.dist) not in dists]
        return Registry(in_order([*plugins, *kept]))

    def refuse_failed(self, name: str) -> None:
        """PluginError if a plugin of that name, or one that provides something of that name, failed to load."""
        for plugin in self._failed:
            if plugin.status == "failed" and plugin.name == name:
                raise _failed(plugin)

    def refuse_any(self) -> None:
        """PluginError for the first plugin that failed or is in conflict."""
        for line in self.plugins:
            if line.status in ("failed", "conflict"):
                cause = next((plugin.cause for plugin in self._failed if plugin.name == line.name), None)
                raise PluginError(f"{line.name} of {line.dist} cannot be used: {line.error}.") from cause

    def driver(self, name: str) -> Offer[DriverSpec | OverlaySpec]:
        """The driver or overlay of that name, bare or `dist:name`.

        UsageError with the installed names if there is none; PluginError if a plugin of that name failed to load.
        """
        return self._find(self._drivers, "driver", name)

    def mapping(self, name: str) -> Offer[MappingSpec]:
        """The mapping of that name, bare or `dist:name`. Raises as `driver` does."""
        return self._find(self._mappings, "mapping", name)

    def has_driver(self, name: str) -> bool:
        return self._drivers.find(name) is not None

    def has_mapping(self, name: str) -> bool:
        return self._mappings.find(name) is not None

    def drivers(self) -> dict[str, Offer[DriverSpec | OverlaySpec]]:
        """Drivers and overlays by bare name, without those in conflict."""
        return self._drivers.usable()

    def mappings(self) -> dict[str, Offer[MappingSpec]]:
        """Mappings by bare name, without those in conflict."""
        return self._mappings.usable()

    def driver_offers(self) -> list[Offer[DriverSpec | OverlaySpec]]:
        """All drivers and overlays, including those in conflict."""
        return self._drivers.offers

    def mapping_offers(self) -> list[Offer[MappingSpec]]:
        """All mappings, including those in conflict."""
        return self._mappings.offers

    def offers(self) -> Iterator[Offer[Any]]:
        """All drivers, overlays and mappings, including those in conflict."""
        yield from self._drivers.offers
        yield from self._mappings.offers

    def offer_of(self, spec: Spec) -> Offer[Any]:
        """The offer of a spec, or of an equal one from another call of the hook. UsageError if there is none."""
        for offer in self.offers():
            if offer.spec is spec or _alike(offer.spec, spec):
                return offer
        raise UsageError(f"no plugin brings {spec.name}; `x2face drivers` lists what there is.")

    def commands(self, group: click.Group) -> dict[str, str]:
        """Add the plugins' commands to a group; returns the distribution of each command by name."""
        offers = self._commands.usable()
        for name, offer in offers.items():
            group.add_command(offer.spec.command, name)
        return {name: offer.dist for name, offer in offers.items()}

    def _find(self, names: Namespace[S], role: str, name: str) -> Offer[S]:
        return names.find(name) or self._not_found(names, role, name)

    def _not_found(self, names: Namespace[S], role: str, name: str) -> NoReturn:
        unusable = [plugin for plugin in self._failed if name in (plugin.name, f"{plugin.dist}:{plugin.name}")]
        for plugin in unusable:
            if plugin.bundled or (plugin.status == "failed" and not names.claims(name)):
                raise _failed(plugin)
        for claim in names.claims(name):
            raise UsageError(f"{name} is not the name of one {role}: {names.conflict(claim)}.")
        for plugin in unusable:
            raise UsageError(f"the plugin {name} of {plugin.dist} is disabled: {plugin.error}.")
        import difflib  # imported late, as it slows every start down

        installed = list(names.usable())
        close = difflib.get_close_matches(name, installed, 1)
        hint = f"did you mean {close[0]}?" if close else f"installed are {', '.join(installed) or 'none'}."
        raise UsageError(f"no {role} is called {name}; {hint}{' See `x2face drivers`.' if self._failed else ''}")


def _failed(plugin: Plugin) -> PluginError:
    error = PluginError(f"the plugin {plugin.name} of {plugin.dist} failed to load: {plugin.error}.")
    error.__cause__ = plugin.cause
    return error


def _offers(plugin: Plugin, specs: Iterable[S]) -> list[Offer[S]]:
    return [Offer(spec, plugin.dist, plugin.version, plugin.module) for spec in specs]


def _alike(one: Spec, other: Spec) -> bool:
    """Whether two specs are equal in name and role, as hooks make new specs at each call."""
    modules = (getattr(spec.load, "__module__", "") for spec in (one, other))
    return type(one) is type(other) and one.name == other.name and len(set(modules)) == 1


def _listed(names: Namespace[Any]) -> list[Listed]:
    return [_line(offer, names.conflict(offer)) for offer in names.offers]


def _line(offer: Offer[Any], conflict: str | None) -> Listed:
    return Listed(
        name=offer.name,
        kind=offer.spec.kind,
        summary=offer.spec.summary,
        dist=offer.dist,
        version=offer.version,
        status="conflict" if conflict else "ok",
        error=conflict,
    )


def _unusable(plugin: Plugin) -> Listed:
    return Listed(
        name=plugin.name,
        kind=None,
        summary="",
        dist=plugin.dist,
        version=plugin.version,
        status=plugin.status,
        error=plugin.error,
    )

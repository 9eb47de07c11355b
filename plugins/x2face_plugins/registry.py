"""What is installed, under which names, and what of it may not be used and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from x2face_core.errors import PluginError, UsageError
from x2face_plugins.checking import RESERVED_COMMANDS
from x2face_plugins.loading import Plugin, load_plugins
from x2face_plugins.shelf import Offer, Shelf
from x2face_plugins.specs import DriverSpec, MappingSpec, OverlaySpec, Spec

if TYPE_CHECKING:
    import click

T = TypeVar("T")
S = TypeVar("S", DriverSpec | OverlaySpec, MappingSpec)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A line of `x2face drivers`.

    name: of the driver, overlay, mapping or command; the entry point's where nothing could be loaded
    kind: offset, absolute, overlay, mapping or command; None where nothing could be loaded
    dist, version: of the distribution it came with
    status: ok, failed, disabled or conflict; error says why it is not ok
    """

    name: str
    kind: str | None
    summary: str
    dist: str
    version: str
    status: str = "ok"
    error: str | None = None


class Registry:
    """All plugins and the names by which what they bring is called.

    plugins: what `x2face drivers` lists, in its order
    """

    def __init__(self, plugins: Iterable[Plugin]) -> None:
        loaded = list(plugins)
        self._failed = [plugin for plugin in loaded if plugin.status != "ok"]
        ours = frozenset(plugin.name for plugin in loaded if plugin.bundled)  # kept even where one of ours fails
        self._drivers = Shelf([o for plugin in loaded for o in _offers_of_specs(plugin, plugin.drivers)], ours)
        self._mappings = Shelf([o for plugin in loaded for o in _offers_of_specs(plugin, plugin.mappings)], ours)
        self._commands = Shelf([offer for plugin in loaded for offer in _offers_of_commands(plugin)], RESERVED_COMMANDS)
        self.plugins = [
            *_listed(self._drivers),
            *_listed(self._mappings),
            *_listed(self._commands),
            *(_unusable(plugin) for plugin in self._failed),
        ]

    @classmethod
    def load(cls, *, strict: bool = False) -> Registry:
        """Everything installed. strict: raise PluginError for what would be listed as failed or in conflict."""
        registry = cls(load_plugins())
        if strict:
            registry.refuse_any()
        return registry

    def refuse_any(self) -> None:
        """Raise PluginError for the first plugin that is failed or in conflict."""
        for line in self.plugins:
            if line.status in ("failed", "conflict"):
                cause = next((plugin.cause for plugin in self._failed if plugin.name == line.name), None)
                raise PluginError(f"{line.name} of {line.dist} cannot be used: {line.error}.") from cause

    def driver(self, name: str) -> DriverSpec | OverlaySpec:
        """The driver or overlay of that name, bare or `dist:name`.

        Raises UsageError, naming what is installed; PluginError where a plugin of that name failed to load.
        """
        return self._find(self._drivers, "driver", name)

    def mapping(self, name: str) -> MappingSpec:
        """The mapping of that name, bare or `dist:name`. Raises as `driver` does."""
        return self._find(self._mappings, "mapping", name)

    def has_driver(self, name: str) -> bool:
        return self._drivers.find(name) is not None

    def has_mapping(self, name: str) -> bool:
        return self._mappings.find(name) is not None

    def origins(self) -> Iterator[tuple[Spec, Plugin]]:
        """Everything that can be driven with or fitted, those in conflict too, and the plugin that brings it."""
        for shelf in (self._drivers, self._mappings):
            yield from ((offer.item, offer.plugin) for offer in shelf.offers)

    def drivers(self) -> dict[str, DriverSpec | OverlaySpec]:
        """The drivers and overlays that have their bare name."""
        return {offer.name: offer.item for offer in self._drivers.usable()}

    def dist_of(self, name: str) -> tuple[str, str]:
        """Name and version of the distribution that a driver came with. Raises as `driver` does."""
        self.driver(name)
        offer = self._drivers.find(name)
        return (offer.plugin.dist, offer.plugin.version) if offer else ("", "")

    def mappings(self) -> dict[str, MappingSpec]:
        """The mappings that have their bare name."""
        return {offer.name: offer.item for offer in self._mappings.usable()}

    def mapping_dist_of(self, name: str) -> tuple[str, str]:
        """Name and version of the distribution that a mapping came with. Raises as `driver` does."""
        self.mapping(name)
        offer = self._mappings.find(name)
        return (offer.plugin.dist, offer.plugin.version) if offer else ("", "")

    def commands(self, group: click.Group) -> dict[str, str]:
        """Add the plugins' commands to a group; the distribution of each command that was added."""
        offers = self._commands.usable()
        for offer in offers:
            group.add_command(offer.item, offer.name)
        return {offer.name: offer.plugin.dist for offer in offers}

    def _find(self, shelf: Shelf[T], sort: str, name: str) -> T:
        offer = shelf.find(name)
        return offer.item if offer else self._not_found(shelf, sort, name)

    def _not_found(self, shelf: Shelf[T], sort: str, name: str) -> NoReturn:
        unusable = [plugin for plugin in self._failed if name in (plugin.name, f"{plugin.dist}:{plugin.name}")]
        for plugin in unusable:
            if plugin.bundled or (plugin.status == "failed" and not shelf.claims(name)):
                raise PluginError(
                    f"the plugin {name} of {plugin.dist} failed to load: {plugin.error}."
                ) from plugin.cause
        for claim in shelf.claims(name):
            raise UsageError(f"{name} is not the name of one {sort}: {shelf.conflict(claim)}.")
        for plugin in unusable:
            raise UsageError(f"the plugin {name} of {plugin.dist} is disabled: {plugin.error}.")
        import difflib  # only now: every start would pay for it

        names = [offer.name for offer in shelf.usable()]
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}?" if close else f"installed are {', '.join(names) or 'none'}."
        raise UsageError(f"no {sort} is called {name}; {hint}{' See `x2face drivers`.' if self._failed else ''}")


def _offers_of_specs(plugin: Plugin, specs: Iterable[S]) -> list[Offer[S]]:
    return [Offer(name=spec.name, kind=spec.kind, summary=spec.summary, item=spec, plugin=plugin) for spec in specs]


def _offers_of_commands(plugin: Plugin) -> list[Offer[click.Command]]:
    return [
        Offer(
            name=command.name or "",
            kind="command",
            summary=command.get_short_help_str(100),
            item=command,
            plugin=plugin,
        )
        for command in plugin.commands
    ]


def _listed(shelf: Shelf[Any]) -> list[Listed]:
    return [_line(offer, shelf.conflict(offer)) for offer in shelf.offers]


def _line(offer: Offer[Any], conflict: str | None) -> Listed:
    return Listed(
        name=offer.name,
        kind=offer.kind,
        summary=offer.summary,
        dist=offer.plugin.dist,
        version=offer.plugin.version,
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

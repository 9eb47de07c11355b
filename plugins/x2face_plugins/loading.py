"""Loading plugins from entry points, each isolated, so that a broken one does not affect the others."""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import pluggy

from x2face_core.errors import PluginError
from x2face_core.foreign import describe_error, is_interrupt, restore_folder, working_folder
from x2face_plugins import hookspecs
from x2face_plugins.checking import check_driver, check_hooks, check_mapping, refuse_twins
from x2face_plugins.entries import Entry, canonical, find_entries
from x2face_plugins.offers import BUNDLED, OURS
from x2face_plugins.quieting import stdout_as_stderr
from x2face_plugins.specs import CommandSpec, DriverSpec, MappingSpec, OverlaySpec
from x2face_plugins.time_limit import TimeLimitExceeded, time_limit

if TYPE_CHECKING:
    import click

GROUP = "x2face"
CHOICE = "X2FACE_PLUGINS"
MOST = 256  # specs that one hook may yield; guards against a hook that never ends


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """The result of loading one entry point.

    name: of the entry point; dist, version: of its distribution
    module: value of the entry point
    status: ok, failed or disabled; error: why it is not ok; cause: the exception
    drivers (overlays included), mappings, commands: what it provides, empty if it is not ok
    """

    name: str
    dist: str
    version: str
    module: str = ""
    status: str = "ok"
    error: str | None = None
    cause: BaseException | None = None
    drivers: tuple[DriverSpec | OverlaySpec, ...] = ()
    mappings: tuple[MappingSpec, ...] = ()
    commands: tuple[CommandSpec, ...] = ()

    @property
    def bundled(self) -> bool:
        """Whether it is part of this installation of x2face."""
        return canonical(self.dist) == OURS and self.name in BUNDLED and self.module in ("", BUNDLED[self.name])


def load_plugins() -> list[Plugin]:
    """Load the bundled plugins and those of all other entry points, sorted by distribution."""
    chosen, entries = _chosen(), find_entries(GROUP)
    strangers = [entry for entry in entries if not _is_ours(entry)]
    return in_order(_load(entry, chosen) for entry in (*_bundled_entries(entries), *strangers))


def _bundled_entries(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The bundled entry points, taken from this package, so that no other distribution can change or remove them."""
    version = next((entry.version for entry in entries if _is_ours(entry)), "")
    yield from (Entry(name, module, OURS, version) for name, module in BUNDLED.items())


def _is_ours(entry: Entry) -> bool:
    return canonical(entry.dist) == OURS and BUNDLED.get(entry.name) == entry.value


def in_order(plugins: Iterable[Plugin]) -> list[Plugin]:
    """Bundled plugins first, then by distribution and name."""
    return sorted(plugins, key=lambda plugin: (not plugin.bundled, plugin.dist, plugin.name))


def _chosen() -> frozenset[str] | None:
    """The third-party distributions listed in $X2FACE_PLUGINS; None (all) if it is not set."""
    text = os.environ.get(CHOICE)
    return None if text is None else frozenset(canonical(dist) for dist in text.split(",") if dist.strip())


def _load(entry: Entry, chosen: frozenset[str] | None) -> Plugin:
    plugin = Plugin(name=entry.name, dist=entry.dist, version=entry.version, module=entry.value)
    if chosen is not None and not plugin.bundled and canonical(entry.dist) not in chosen:
        return replace(plugin, status="disabled", error=f"${CHOICE} does not name {entry.dist}")
    return load_alone(plugin, entry.load)


def load_alone(plugin: Plugin, load: Callable[[], Any]) -> Plugin:
    """Load one plugin and return it with its specs, or as failed, whatever its code raises.

    Besides running drivers, this is the only place that catches exceptions of any kind.
    """
    folder = working_folder()
    try:
        if plugin.bundled:
            return _ask(plugin, load())
        with stdout_as_stderr(), time_limit(plugin.dist):
            return _ask(plugin, load())
    except BaseException as error:
        if is_interrupt(error):
            raise
        return replace(plugin, status="failed", error=describe(error), cause=error)
    finally:
        restore_folder(folder)


def _ask(plugin: Plugin, module: Any) -> Plugin:
    """Call the hooks of a plugin. Raises what they raise; PluginError for invalid specs."""
    check_hooks(module)
    with _registered(module) as manager:  # registered alone, so that a failing hook does not stop those of others
        drivers = tuple(check_driver(spec) for spec in _all(manager.hook.x2face_drivers))
        mappings = tuple(check_mapping(spec) for spec in _all(manager.hook.x2face_mappings))
        commands = _commands(manager)
    refuse_twins(drivers)
    refuse_twins(mappings)
    return replace(plugin, drivers=drivers, mappings=mappings, commands=commands)


@contextlib.contextmanager
def _registered(module: Any) -> Iterator[pluggy.PluginManager]:
    """The plugin manager with this plugin registered inside the context only."""
    manager = _manager()
    try:
        manager.register(module)
    except pluggy.PluginValidationError:
        _manager.cache_clear()  # it may be in an inconsistent state
        raise
    try:
        yield manager
    finally:
        manager.unregister(module)


@cache
def _manager() -> pluggy.PluginManager:
    """One manager for all plugins, as creating one is slow."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _all(hook: Callable[[], list[Iterable[Any]]]) -> list[Any]:
    specs = list(islice((spec for answer in hook() for spec in answer), MOST + 1))
    if len(specs) > MOST:
        raise PluginError(f"a hook of it yields more than {MOST} specs; does it ever end?")
    return specs


def _commands(manager: pluggy.PluginManager) -> tuple[CommandSpec, ...]:
    if not manager.hook.x2face_commands.get_hookimpls():
        return ()
    import click  # imported late, as Python callers do not need it

    group = click.Group()
    manager.hook.x2face_commands(cli=group)
    return tuple(CommandSpec(name=name, command=_named(one, name)) for name, one in group.commands.items())


def _named(command: click.Command, name: str) -> click.Command:
    """The command under the name by which its group knows it, a copy where its own is another."""
    if command.name != name:
        command = copy.copy(command)
        command.name = name
    return command


def describe(error: BaseException) -> str:
    """Describe an exception in one line, for the author or user of a plugin."""
    if isinstance(error, SystemExit):
        return f"it tried to end the program while loading (SystemExit: {error.code})"
    text = describe_error(error)
    return text.partition(": ")[2] if isinstance(error, PluginError | TimeLimitExceeded) else text

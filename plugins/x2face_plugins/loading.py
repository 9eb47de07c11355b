"""Loading the code that entry points name: each alone, so that one broken plugin costs nothing but itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any

import pluggy

from x2face_core.errors import PluginError
from x2face_core.foreign import describe_error, is_interrupt, restore_folder, working_folder
from x2face_plugins import hookspecs
from x2face_plugins.checking import check_command, check_driver, check_hooks, check_mapping, refuse_twins
from x2face_plugins.entries import Entry, canonical, find_entries
from x2face_plugins.offers import BUNDLED, OURS
from x2face_plugins.quieting import stdout_as_stderr
from x2face_plugins.specs import CommandSpec, DriverSpec, MappingSpec, OverlaySpec
from x2face_plugins.time_limit import TimeLimitExceeded, time_limit

GROUP = "x2face"
CHOICE = "X2FACE_PLUGINS"
MOST = 256  # things of one sort that a plugin may bring; a hook that never ends would stop every command


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """What became of one entry point.

    name: the entry point's; dist, version: of the distribution that has it
    module: what the entry point names
    status: ok, failed or disabled; error says why it is not ok, cause is what was raised
    drivers (overlays among them), mappings, commands: what it brings, nothing where it is not ok
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
        """It comes with this x2face; whatever else claims its name does not."""
        return canonical(self.dist) == OURS and self.name in BUNDLED and self.module in ("", BUNDLED[self.name])


def load_plugins() -> list[Plugin]:
    """The bundled plugins, whatever is installed, and every other entry point's, by distribution."""
    chosen, entries = _chosen(), find_entries(GROUP)
    strangers = [entry for entry in entries if not _is_ours(entry)]
    return in_order(_load(entry, chosen) for entry in (*_bundled_entries(entries), *strangers))


def _bundled_entries(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Those of this installation: no metadata of other distributions changes them, or takes them away."""
    version = next((entry.version for entry in entries if _is_ours(entry)), "")
    yield from (Entry(name, module, OURS, version) for name, module in BUNDLED.items())


def _is_ours(entry: Entry) -> bool:
    return canonical(entry.dist) == OURS and BUNDLED.get(entry.name) == entry.value


def in_order(plugins: Iterable[Plugin]) -> list[Plugin]:
    return sorted(plugins, key=lambda plugin: (not plugin.bundled, plugin.dist, plugin.name))


def _chosen() -> frozenset[str] | None:
    """The strangers' distributions that $X2FACE_PLUGINS names; None, when it is not set, for all."""
    text = os.environ.get(CHOICE)
    return None if text is None else frozenset(canonical(dist) for dist in text.split(",") if dist.strip())


def _load(entry: Entry, chosen: frozenset[str] | None) -> Plugin:
    plugin = Plugin(name=entry.name, dist=entry.dist, version=entry.version, module=entry.value)
    if chosen is not None and not plugin.bundled and canonical(entry.dist) not in chosen:
        return replace(plugin, status="disabled", error=f"${CHOICE} does not name {entry.dist}")
    return load_alone(plugin, entry.load)


def load_alone(plugin: Plugin, load: Callable[[], Any]) -> Plugin:
    """The plugin with what the module brings that `load` imports, or as failed, whatever that code does.

    The only place, beside running a driver, where an exception of any kind is caught.
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
    """The plugin with what its module brings. Raises what its hooks raise; PluginError where it breaks the rules."""
    check_hooks(module)
    with _registered(module) as manager:  # alone, so that a failing hook stops no other plugin's
        drivers = tuple(check_driver(spec) for spec in _all(manager.hook.x2face_drivers))
        mappings = tuple(check_mapping(spec) for spec in _all(manager.hook.x2face_mappings))
        commands = _commands(manager)
    refuse_twins(drivers)
    refuse_twins(mappings)
    return replace(plugin, drivers=drivers, mappings=mappings, commands=commands)


@contextlib.contextmanager
def _registered(module: Any) -> Iterator[pluggy.PluginManager]:
    """A manager that has this plugin, and has none of it afterwards, however it went."""
    manager = _manager()
    try:
        manager.register(module)
    except pluggy.PluginValidationError:
        _manager.cache_clear()  # it has half of the plugin
        raise
    try:
        yield manager
    finally:
        manager.unregister(module)


@cache
def _manager() -> pluggy.PluginManager:
    """One for all plugins, as making one takes longer than asking a plugin."""
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
    import click  # here, for Python callers who have no command line

    group = click.Group()
    manager.hook.x2face_commands(cli=group)
    return tuple(CommandSpec(name=name, command=check_command(name, one)) for name, one in group.commands.items())


def describe(error: BaseException) -> str:
    """An exception as one line, for whoever wrote or installed the plugin."""
    if isinstance(error, SystemExit):
        return f"it tried to end the program while loading (SystemExit: {error.code})"
    text = describe_error(error)
    return text.partition(": ")[2] if isinstance(error, PluginError | TimeLimitExceeded) else text

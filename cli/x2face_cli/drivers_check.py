"""`x2face drivers check`: contract checks of a plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from x2face_cli import screen
from x2face_core.errors import PluginError, UsageError

if TYPE_CHECKING:
    from x2face_plugins.registry import Registry
    from x2face_plugins.specs import Spec
    from x2face_testkit.running import Tried

WIDTH = 26  # characters of a check's name
STATUS = {"kept": "ok", "broken": "fail", "expected": "warn", "skipped": "warn"}


@click.command(short_help="Test a plugin against what every plugin promises.")
@click.argument("what", metavar="NAME|PATH")
@click.option("--expect-failure", "failures", multiple=True, metavar="PROMISE=REASON",
              help="A promise that cannot be kept, and why; repeatable.")  # fmt: skip
def check(what: str, failures: tuple[str, ...]) -> None:
    """Test each promise that every driver, overlay and mapping makes, and print whether it was kept.

    NAME is what `x2face drivers` lists, or a distribution there. PATH is a plugin that need not be installed: a folder
    with a pyproject.toml, a package, or a .py file. Drivers run on their own demo input, with tiny untrained networks.

    Ends with code 6 where a promise is broken.
    """
    expected = dict(_pair(failure) for failure in failures)
    registry, specs = _find(what)
    tried = [one for spec in specs for one in _try(registry, spec, expected)]
    if unknown := expected.keys() - {one.check.__name__ for one in tried}:
        raise UsageError(f"--expect-failure {', '.join(sorted(unknown))}: there is no such promise.")
    broken = [f"{one.spec.name} {one.check.__name__}" for one in tried if one.outcome == "broken"]
    if broken:
        raise PluginError(f"{what} breaks {len(broken)} of {len(tried)} promises: {', '.join(broken)}.")
    kept = sum(one.outcome == "kept" for one in tried)
    screen.note(f"{what} keeps {kept} of {len(tried)} promises, and breaks none unexpectedly")


def _try(registry: Registry, spec: Spec, expected: dict[str, str]) -> Iterator[Tried]:
    """Run and show all checks of a spec."""
    from x2face_testkit.running import try_out

    screen.result(f"{spec.name} ({spec.kind})")
    for one in try_out(registry, spec, expected):
        promise = f"{one.promise} ({one.remark})" if one.remark else one.promise
        screen.finding(
            STATUS[one.outcome], one.check.__name__, one.remark if one.outcome == "broken" else promise, WIDTH
        )
        yield one


def _pair(text: str) -> tuple[str, str]:
    name, _, reason = text.partition("=")
    if not reason.strip():
        raise UsageError(f"--expect-failure {text}: say why, as in repeats_itself='it asks a server'.")
    return name, reason.strip()


def _find(what: str) -> tuple[Registry, list[Spec]]:
    """The specs to check, and the registry. PluginError if a plugin at a path does not load."""
    from x2face_plugins.local_plugins import open_path
    from x2face_plugins.registry import Registry
    from x2face_testkit.choosing import named

    if not _is_path(what):
        return (registry := Registry.load()), named(registry, what)
    plugins = open_path(what)
    return Registry.load().joined_by(plugins), [
        spec for plugin in plugins for spec in (*plugin.drivers, *plugin.mappings)
    ]


def _is_path(what: str) -> bool:
    """Whether the argument is a path: it has a slash or ends in .py, or only a folder has this name."""
    from x2face_plugins.local_plugins import is_path

    return is_path(what) or what.endswith(".") or _is_folder_only(what)


def _is_folder_only(what: str) -> bool:
    from x2face_plugins.registry import Registry

    return Path(what).is_dir() and all(what not in (line.name, line.dist) for line in Registry.load().plugins)

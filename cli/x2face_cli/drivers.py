"""`x2face drivers`: lists installed drivers, overlays, mappings and commands."""

from __future__ import annotations

from dataclasses import asdict
from importlib import import_module

import click

from x2face_cli import screen
from x2face_cli.completing import listed_names
from x2face_cli.quieting import quieted
from x2face_cli.verbosity import with_verbosity
from x2face_plugins.registry import Listed, Registry
from x2face_plugins.specs import DriverSpec, OverlaySpec

FEW = 6  # largest number of labels shown
HEAD = ("name", "kind", "from", "version", "status", "summary")
LATER = {"check": "x2face_cli.drivers_check", "new": "x2face_cli.drivers_new"}


class Subcommands(click.Group):
    """A group whose subcommands in LATER are imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*self.commands, *LATER})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in LATER:
            return quieted(with_verbosity(getattr(import_module(LATER[cmd_name]), cmd_name)))
        return super().get_command(ctx, cmd_name)


@click.group(cls=Subcommands, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON instead of a table.")
@click.pass_context
def drivers(ctx: click.Context, as_json: bool) -> None:
    """List drivers, overlays, mappings and commands of all installed plugins, and those that failed."""
    if ctx.invoked_subcommand is not None:
        return
    listed = Registry.load().plugins
    if as_json:
        screen.result_json([asdict(line) for line in listed])
    else:
        screen.table(HEAD, [_row(line) for line in listed])


@drivers.command(short_help="Describe a driver or a mapping, with its options.")
@click.argument("name", shell_complete=listed_names)
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """Describe a driver or a mapping: what it does, its options, and which mappings it needs.

    NAME is what `x2face drivers` lists, or the path of a one-file driver.
    """
    from x2face_cli.options import driver_options
    from x2face_plugins.local_plugins import is_path
    from x2face_plugins.words import known_driver

    registry = Registry.load()
    if is_path(name):
        registry, name = known_driver(registry, name)
    formatter = ctx.make_formatter()
    mappings = [name] if registry.has_mapping(name) else []
    if not mappings or registry.has_driver(name):
        offer = registry.driver(name)
        spec = offer.spec
        formatter.write(f"{spec.name}: {spec.summary}\n")
        with formatter.section("About"):
            formatter.write_dl([*_facts(spec), ("from", f"{offer.dist} {offer.version}")])
        with formatter.section("Options of x2face run"):
            formatter.write_dl([record for option in driver_options(spec) if (record := option.get_help_record(ctx))])
        mappings += getattr(spec, "holds", ())
    for one in dict.fromkeys(mappings):
        with formatter.section(f"The mapping {one}"):
            formatter.write_dl(_facts_of_mapping(registry, one))
    screen.result(formatter.getvalue().rstrip())


def _row(line: Listed) -> tuple[tuple[str, ...], str | None]:
    says = line.summary if line.status == "ok" else line.error or ""
    cells = (line.name, line.kind or "-", line.dist, line.version, line.status, says)
    return cells, {"ok": None, "disabled": "dim"}.get(line.status, "red")


def _facts(spec: DriverSpec | OverlaySpec) -> list[tuple[str, str]]:
    facts = [("kind", spec.kind)]
    if isinstance(spec, OverlaySpec):
        return [*facts, ("moving", "yes" if spec.moving else "no")]
    if spec.holds:
        facts.append(("holds", ", ".join(spec.holds)))
    return [*facts, ("ends", "never" if spec.endless else "with its input"), ("live", "yes" if spec.live else "no")]


def _facts_of_mapping(registry: Registry, name: str) -> list[tuple[str, str]]:
    """Labels and units of a mapping, and whether it is fitted for the default weights."""
    from x2face_core.weights import find_weights, read_info
    from x2face_plugins.mappings.lookup import where

    if not registry.has_mapping(name):
        return [("status", "not installed; a plugin has to bring it")]
    offer = registry.mapping(name)
    spec = offer.spec
    weights = read_info(find_weights())
    path, matter = where(offer, weights.fingerprint)
    takes = [f"{label} ({unit})" for label, unit in zip(spec.labels, spec.units, strict=True)]
    more = f" and {len(takes) - FEW} more" if len(takes) > FEW else ""
    return [
        ("summary", spec.summary),
        ("takes", ", ".join(takes[:FEW]) + more),
        ("factor", "yes: it can be held" if spec.factor else "no"),
        ("from", f"{offer.dist} {offer.version}"),
        ("fitted", f"for {weights.name}: {path}" if path else matter),
    ]

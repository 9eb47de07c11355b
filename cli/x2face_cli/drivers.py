"""`x2face drivers`: what is installed to drive a face."""

from __future__ import annotations

from dataclasses import asdict

import click

from x2face_cli import screen
from x2face_plugins.registry import Listed, Registry
from x2face_plugins.specs import DriverSpec, OverlaySpec

HEAD = ("name", "kind", "from", "version", "status", "summary")


@click.group(invoke_without_command=True)
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


@drivers.command()
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """What a driver does, and its options."""
    from x2face_cli.options import driver_options

    registry = Registry.load()
    spec = registry.driver(name)
    formatter = ctx.make_formatter()
    formatter.write(f"{spec.name}: {spec.summary}\n")
    with formatter.section("About"):
        formatter.write_dl([*_facts(spec), ("from", " ".join(registry.dist_of(name)))])
    with formatter.section("Options of x2face run"):
        formatter.write_dl([record for option in driver_options(spec) if (record := option.get_help_record(ctx))])
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

"""Writes cli.md beside it from the program itself: `python docs/reference.py`. A test says when it has to be run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import click

from x2face_cli import options
from x2face_cli.app import TABLE, x2face
from x2face_core.errors import InputError, NoFaceError, PluginError, UsageError, WeightsError
from x2face_plugins.desk import DriverDesk
from x2face_plugins.registry import Registry
from x2face_plugins.settings import read_settings

PAGE = Path(__file__).with_name("cli.md")
COMMON = {"--help", "--verbose", "--quiet"}
UNDER = {"train": ("sync", "identity")}  # what is below a command that is no group
HEAD = """\
<!-- Written by `python docs/reference.py` with click {click}; do not edit. -->

# Command line

`x2face COMMAND --help` says the same in a terminal. Every command takes `-h`/`--help`, `-v`/`--verbose` (`-vv` for
tracebacks) and `-q`/`--quiet`. Results go to stdout, all else to stderr. Options of installed plugins are not on this
page; `x2face drivers show NAME` lists them.
"""


def page() -> str:
    """The whole page; set X2FACE_PLUGINS to nothing, so that no stranger's plugin is on it."""
    sections = [section for name in TABLE for section in sections_of([name])]
    return "\n".join([HEAD.format(click=click_version()), *sections, "\n".join(exit_codes())])


def click_version() -> str:
    """Its first two numbers: what click says of an option differs from one to the next."""
    return ".".join(version("click").split(".")[:2])


def sections_of(names: list[str]) -> Iterator[str]:
    """Sections of a command and of those below it. names: of the commands above it and its own"""
    ctx = context(names)
    yield section(f"x2face {' '.join(names)}", ctx, 1 + len(names))
    if names == ["run"]:
        yield from driver_sections(ctx)
    below = ctx.command.list_commands(ctx) if isinstance(ctx.command, click.Group) else UNDER.get(names[-1], ())
    for name in below:
        yield from sections_of([*names, name])


def context(names: Sequence[str]) -> click.Context:
    """A command as it is when it is called by these names."""
    ctx = click.Context(x2face, info_name="x2face")
    for name in names:
        group = ctx.command
        if not isinstance(group, click.Group):  # it finds the command by itself
            return group.make_context(ctx.info_name, [name], parent=ctx.parent, resilient_parsing=True)
        command = group.get_command(ctx, name)
        assert command is not None, f"there is no command {name}"
        ctx = click.Context(command, info_name=name, parent=ctx)
    return ctx


def section(title: str, ctx: click.Context, level: int) -> str:
    usage = " ".join([title, *ctx.command.collect_usage_pieces(ctx)])
    lines = [f"{'#' * level} {title}", "", "```text", usage, "```", "", *help_text(ctx.command)]
    return "\n".join([*lines, *option_list(ctx.command.get_params(ctx), ctx)])


def help_text(command: click.Command) -> Iterator[str]:
    """The command's help; what keeps its lines (marked by click's \\b) becomes a block."""
    for paragraph in re.split(r"\n\s*\n", (command.help or "").strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        yield from ("```text", *lines[1:], "```", "") if lines[0] == "\b" else (*lines, "")


def option_list(params: Sequence[click.Parameter], ctx: click.Context) -> Iterator[str]:
    """A line an option, and an empty one below them."""
    shown = [one for one in params if isinstance(one, click.Option) and not COMMON.intersection(one.opts)]
    records = [record for option in shown if (record := option.get_help_record(ctx))]
    yield from (f"- `{names}`: {' '.join(says.split())}" if says else f"- `{names}`" for names, says in records)
    if records:
        yield ""


def driver_sections(ctx: click.Context) -> Iterator[str]:
    for name, offer in Registry.load().drivers().items():
        lines = [f"### --driver {name}", "", f"{offer.spec.summary} ({offer.spec.kind}).", ""]
        yield "\n".join([*lines, *option_list(options.driver_options(offer.spec), ctx)])
    yield "\n".join(desk_section())


def desk_section() -> Iterator[str]:
    """What can be said of any driver."""
    yield from (
        "### Of every driver",
        "",
        "Whatever NAME is; of an overlay only weight, start and stop.",
        "",
    )
    for one in read_settings(DriverDesk):
        yield f"- `--NAME-{one.name} {one.metavar or 'NUMBER'}`: {one.help}"
    yield ""


def exit_codes() -> Iterator[str]:
    yield from ("## Exit codes", "", "| code | when |", "|---|---|", "| 0 | done |", "| 1 | a bug |")
    for error in (UsageError, InputError, NoFaceError, WeightsError, PluginError):
        says = (error.__doc__ or "").strip().rstrip(".")
        yield f"| {error.exit_code} | {says[:1].lower()}{says[1:]} |"
    yield from ("| 130 | interrupted |", "")


if __name__ == "__main__":
    os.environ["X2FACE_PLUGINS"] = ""
    PAGE.write_text(page(), encoding="utf-8")

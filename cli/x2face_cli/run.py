"""`x2face run`: drives a face. It has its own options, and those of the drivers named on the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import click

from x2face_cli import options, screen
from x2face_cli.completing import driver_names
from x2face_cli.help_groups import write_groups
from x2face_cli.showing import closing_lines, next_step, telling_what_is_left
from x2face_plugins.desk import DriverDesk
from x2face_plugins.filming import make_film
from x2face_plugins.planning import Plan
from x2face_plugins.registry import Registry
from x2face_plugins.settings import read_settings
from x2face_plugins.words import ParsedWords, refuse_option

STRICT = "--strict-plugins"


class RunCommand(click.Command):
    """A command with additional options of the drivers named on its command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = parsed = find_drivers(Registry.load(strict=STRICT in args), args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not error.option_name.startswith("--"):
                raise
            refuse_option(parsed.registry, error.option_name)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        extra: list[click.Parameter] = []
        if isinstance(ctx.obj, ParsedWords):
            for name in ctx.obj.drivers:
                spec = ctx.obj.registry.driver(name).spec
                extra += [*options.driver_options(spec), *options.desk_options(spec)]
        return [*super().get_params(ctx), *extra]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_groups(self.get_params(ctx), ctx, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not isinstance(ctx.obj, ParsedWords) or ctx.obj.drivers:
            return
        with formatter.section("Drivers (`x2face run --driver NAME --help` tells their options)"):
            formatter.write_dl(
                [(f"--{name}", offer.spec.summary) for name, offer in ctx.obj.registry.drivers().items()]
            )
        with formatter.section("Of each driver (`--idle-weight 0.5`, for one)"):
            formatter.write_dl([(f"--NAME-{one.name}", one.help) for one in read_settings(DriverDesk)])


def find_drivers(registry: Registry, args: Sequence[str]) -> ParsedWords:
    """The drivers named on a command line, and the registry with one-file plugins from the command line.

    UsageError if two of them have the same name, as their options would be ambiguous.
    """
    parsed = ParsedWords(registry)
    for name in named(args, list(registry.drivers())):
        parsed.add_driver(name)
    parsed.refuse_namesakes()
    return parsed


def named(args: Sequence[str], installed: Sequence[str]) -> list[str]:
    """Names of the drivers on a command line, in order: by --driver NAME, or by any of a driver's own options.

    After --driver dist:nod the options --nod and --nod-… belong to that driver. Paths are returned unchanged.
    """
    mentions: list[str] = []  # NAME, dist:NAME or a path after --driver, and all flags
    for k, arg in enumerate(args):
        flag, equals, value = arg.partition("=")
        if flag == "--driver":
            mentions += [value] if equals else args[k + 1 : k + 2]
        elif flag[:2] == "--":
            mentions.append(flag)
    full = {name.rpartition(":")[2]: name for name in mentions if name[:2] != "--"}
    full_names = {bare: full.get(bare, bare) for bare in (*installed, *full)}
    return list(dict.fromkeys(_drivers_of(mentions, full_names)))


def _drivers_of(mentions: Sequence[str], full_names: dict[str, str]) -> Iterator[str]:
    """Drivers of names and flags. full_names: name of the driver by bare name"""
    for mention in mentions:
        if mention[:2] != "--":
            yield mention
        elif (bare := mention[2:].removeprefix("no-").partition("-")[0]) in full_names:
            yield full_names[bare]


def _own_options() -> list[click.Option]:
    """The options of run itself."""
    help_text = "What drives: a name, or the path of a one-file driver; repeatable, to combine several."
    driver = click.Option(
        ["--driver"],
        multiple=True,
        metavar="NAME|FILE.py",
        expose_value=False,
        shell_complete=driver_names,
        help=help_text,
    )
    json_option = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object about the film.")
    return [*options.own_options(), driver, json_option]


@click.command(cls=RunCommand, params=_own_options(), context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def run(ctx: click.Context, /, as_json: bool, **given: Any) -> None:
    """Drive the face in a picture by a film, or by whatever another driver reads.

    \b
    x2face run -s photo.jpg --frame film.mp4
    x2face run -s a.jpg -s b.jpg --frame film.mp4 --compare -o out.mp4
    x2face run -s photo.jpg --frame film.mp4 --frame-without mouth --audio speech.wav
    """
    started = time.perf_counter()
    parsed: ParsedWords = ctx.obj
    options.fill(parsed, given)
    plan = Plan.of(parsed.options(), parsed.choices())
    with telling_what_is_left(plan.output):
        report = make_film(plan, parsed.registry, progress=screen.follow)
    report["wall_seconds"] = round(time.perf_counter() - started, 3)
    for warning in (*report["warnings"], *report["advice"]):
        screen.warn(warning)
    screen.detail(f"weights {report['weights']['name']}, {report['device']}, {report['dtype']}")
    if as_json:
        screen.result_json(report)
    else:
        for line in closing_lines(report, next_step(parsed.drivers, parsed.own, report)):
            screen.note(line)
        screen.result(report["output"])

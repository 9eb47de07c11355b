"""`x2face run`: drive a face. Its options are run's own and those of the drivers that the line names."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import options, screen
from x2face_cli.options import FiniteRange
from x2face_cli.sourcing import cropping, source_options
from x2face_core.errors import UsageError
from x2face_plugins.registry import Registry

if TYPE_CHECKING:
    from x2face_core.rendering.job import Job
    from x2face_core.rendering.outputs import Output
    from x2face_plugins.specs import DriverSpec, OverlaySpec

STRICT = "--strict-plugins"


class RunCommand(click.Command):
    """A command that grows the options of the drivers named on its line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = registry = Registry.load(strict=STRICT in args)
        ctx.meta["drivers"] = find_drivers(registry, named(args, list(registry.drivers())))
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        specs = ctx.meta.get("drivers", {}).values()
        return [*super().get_params(ctx), *(option for spec in specs for option in options.driver_options(spec))]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not ctx.meta.get("drivers") and isinstance(ctx.obj, Registry):
            with formatter.section("Drivers (`x2face run --driver NAME --help` tells their options)"):
                formatter.write_dl([(f"--{name}", offer.spec.summary) for name, offer in ctx.obj.drivers().items()])


def named(args: Sequence[str], installed: Sequence[str]) -> list[str]:
    """The drivers that a line names, in its order: by --driver NAME, or by a driver's own option.

    After --driver dist:nod the option --nod is that driver's.
    """
    said: list[str] = []  # NAME or dist:NAME after --driver, and all flags
    for k, arg in enumerate(args):
        flag, equals, value = arg.partition("=")
        if flag == "--driver":
            said += [value] if equals else args[k + 1 : k + 2]
        elif flag[:2] == "--":
            said.append(flag)
    full = {name.rpartition(":")[2]: name for name in said if name[:2] != "--"}
    meant = {f"--{bare}": full.get(bare, bare) for bare in (*installed, *full)}
    return list(dict.fromkeys(meant.get(name, name) for name in said if name[:2] != "--" or name in meant))


def find_drivers(registry: Registry, names: Sequence[str]) -> dict[str, DriverSpec | OverlaySpec]:
    """The drivers and overlays of these names. UsageError where two are called alike, for so are their options."""
    specs = {name: registry.driver(name).spec for name in names}
    for spec in specs.values():
        alike = [name for name, other in specs.items() if other.name == spec.name]
        if len(alike) > 1:
            raise UsageError(f"{' and '.join(alike)} would share the options --{spec.name}-…; name one of them.")
    return specs


def _own_options() -> list[click.Option]:
    """The options that every run has."""
    option = partial(click.Option, show_default=True)
    return [
        *source_options(),
        option(["--driver"], multiple=True, metavar="NAME", help="What drives; again to combine several."),
        option(["-o", "--output"], metavar="FILE|FOLDER/", show_default="outputs/{source}--{driving}.mp4",
               help="A .mp4, .webm or .gif, or a folder/ of pictures."),
        option(["--overwrite"], is_flag=True, help="Replace existing outputs."),
        option(["--embedded"], type=click.Path(path_type=Path), metavar="FILE.png",
               help="An embedded face, as `x2face embed` writes it, instead of the source's own."),
        option(["--record"], metavar="FILE.x2v", help="Write the motion to a file, for --track."),
        option(["--paste-back"], is_flag=True, help="Put the face back into the source's whole picture."),
        option(["--compare"], is_flag=True, help="Show source, driving picture and result side by side."),
        option(["--fps"], type=FiniteRange(1, 240), show_default="the driver's", help="Frames a second."),
        option(["--seconds"], type=FiniteRange(0, min_open=True), help="At most so long."),
        option(["--sound"], default="driving", metavar="driving|none|FILE", help="The film's sound."),
        option(["--weights"], metavar="NAME|FILE", help="Weights; see `x2face weights list`."),
        option(["--mapping", "mappings"], multiple=True, metavar="FILE", type=click.Path(path_type=Path),
               help="A mapping that `x2face fit` wrote, instead of the installed one; again for several."),
        option(["--engine"], type=click.Choice(["torch"]), default="torch", help="What runs the networks."),
        option(["--device"], default="auto", help="auto, cpu, cuda, cuda:1 or mps."),
        option(["--dtype"], type=click.Choice(["auto", "fp32", "bf16", "fp16"]), default="auto", help="Precision."),
        option(["--batch-size"], type=click.IntRange(1, 256), default=8, help="Frames rendered at once."),
        option(["--seed"], type=int, default=0, help="For drivers that roll dice."),
        option([STRICT], is_flag=True, help="Refuse to run while any plugin is broken."),
        option(["--json", "as_json"], is_flag=True, help="Print one JSON object about the film."),
    ]  # fmt: skip


@click.command(cls=RunCommand, params=_own_options(), context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> None:
    """Drive the face in a picture by a film, or by whatever another driver reads.

    \b
    x2face run -s photo.jpg --frame film.mp4
    x2face run -s a.jpg -s b.jpg --frame film.mp4 --compare -o out.mp4
    """
    started = time.perf_counter()
    specs: dict[str, DriverSpec | OverlaySpec] = ctx.meta["drivers"]
    if not specs:
        raise UsageError("nothing drives the face; name what does, such as --frame film.mp4 (see `x2face drivers`).")
    settings = {name: options.build_settings(spec, given) for name, spec in specs.items()}
    output, record = _settle(given, settings)
    job = _job(given, output, record)
    from x2face_cli import running

    report = running.run(ctx.obj, settings, job, given)
    report["wall_seconds"] = round(time.perf_counter() - started, 3)
    for warning in report["warnings"]:
        screen.warn(warning)
    if given["as_json"]:
        screen.result_json(report)
    else:
        screen.note(running.contributions(report))
        screen.result(report["output"])


def _settle(given: dict[str, Any], settings: dict[str, Any]) -> tuple[Output, Path | None]:
    """Where the film and its motion go, known before anything heavy is imported."""
    from x2face_core.rendering.outputs import named_files, settle, settle_file

    inputs = [str(value) for one in settings.values() if (value := getattr(one, "input", None)) is not None]
    read = {key: value for key, value in given.items() if key not in ("output", "record")}
    driving = Path(inputs[0]).stem if inputs else next(iter(settings))
    sources = [Path(source) for source in given["sources"]]
    rules = {"overwrite": given["overwrite"], "inputs": list(named_files([read, *settings.values()]))}
    output = settle(given["output"], sources, driving, **rules)
    return output, settle_file(given["record"], ".x2v", **rules).path if given["record"] else None


def _job(given: dict[str, Any], output: Output, record: Path | None) -> Job:
    from x2face_core.rendering.job import Job

    same = ("source_frames", "fps", "seconds", "sound", "compare", "paste_back", "fusion", "batch_size", "seed")
    return Job(
        sources=tuple(Path(source) for source in given["sources"]),
        output=output,
        record=record,
        cropping=cropping(given),
        **{name: given[name] for name in same},
    )

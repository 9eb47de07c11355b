"""Options and checks that the figures' commands share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import options
from x2face_cli.values import ExpandedPath, FiniteRange, WholeRange, Word
from x2face_core.errors import UsageError
from x2face_plugins.registry import Registry

if TYPE_CHECKING:
    from x2face_core.rendering.outputs import Output

LIMIT = 90.0
HELP = {"help_option_names": ["-h", "--help"]}


class Span(click.ParamType[tuple[float, float]]):
    """A range A:B in degrees."""

    name = "A:B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        try:
            start, stop = (float(part) for part in str(value).split(":"))
        except ValueError:
            self.fail(f"{value!r}: expected degrees as A:B, such as -20:20.", param, ctx)
        if not (abs(start) <= LIMIT and abs(stop) <= LIMIT):
            self.fail(f"{value!r}: goes beyond {LIMIT:g} degrees, where no face is left to see.", param, ctx)
        return start, stop


class FigureCommand(click.Command):
    """A command with the options of some drivers, whose inputs are optional.

    defaults: description of the default input by driver
    """

    def __init__(self, *given: Any, defaults: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(*given, **more)
        self.defaults = defaults or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = Registry.load()
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        registry = ctx.obj if isinstance(ctx.obj, Registry) else Registry.load()
        return [*(one for name in self.defaults for one in self._of_driver(registry, name)), *super().get_params(ctx)]

    def _of_driver(self, registry: Registry, name: str) -> Sequence[click.Option]:
        grown = options.driver_options(registry.driver(name).spec)
        for option in grown:
            if option.name == f"{name}.input":
                option.required, option.show_default, option.default = False, self.defaults[name], None
        return grown


def common(name: str) -> list[click.Option]:
    """Options that all figures have."""
    option = partial(click.Option, show_default=True)
    sources = options.own_options(*options.OF_SOURCES)
    sources[0].required, sources[0].show_default = False, "the demo's two"
    sources[0].help = "Whom it shows; repeatable, for more people. A film or a folder is one person."
    return [
        *sources,
        option(["-o", "--output"], type=Word(), metavar="FILE.png|.pdf|.svg", default=f"outputs/figure-{name}.png"),
        option(["--data"], type=ExpandedPath(), help="Face tracks: show people of them, instead of -s."),
        option(["--split"], type=click.Choice(["test", "val", "train"]), default="test"),
        option(["--people"], type=WholeRange(1, 48), default=2, help="Of --data: those whose heads turn most."),
        option(["--overwrite"], is_flag=True, help="Replace an existing output."),
        option(["--cell"], type=click.IntRange(32, 1024), default=128, help="Pixels a side of each picture in it."),
        *options.own_options("weights", "mapping"),
        options.engine_option(),
        *options.own_options("device"),
    ]  # fmt: skip


def angle(name: str, default: str, help: str) -> click.Option:
    return click.Option([f"--{name}"], type=Span(), metavar="A:B", default=default, show_default=True, help=help)


def count(flag: str, default: int, help: str, most: int = 48) -> click.Option:
    return click.Option([flag], type=click.IntRange(1, most), default=default, show_default=True, help=help)


def seconds(default: float, help: str) -> click.Option:
    return click.Option(
        ["--seconds"], type=FiniteRange(0, 600, min_open=True), default=default, show_default=True, help=help
    )


def resolved(given: dict[str, Any], inputs: Sequence[str | Path | None]) -> Output:
    """The output path. UsageError for an unknown suffix, or an existing file."""
    from x2face_core.rendering.outputs import resolve_file
    from x2face_lab.figures.drawing import SUFFIXES

    if given["data"] is not None and given["source"]:
        raise UsageError("--data and -s both say whom it shows; give one of them.")
    text = given["output"]
    suffix = Path(text).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{text}: a figure's name ends in {', '.join(SUFFIXES)}.")
    read = [*given["source"], *given["mapping"], *(path for path in inputs if path is not None)]
    return resolve_file(text, suffix, overwrite=given["overwrite"], inputs=[Path(path) for path in read])

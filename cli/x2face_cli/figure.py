"""`x2face figure`: the figures of the paper for given pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import options
from x2face_cli.values import FiniteRange, Word
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


def _common(name: str) -> list[click.Option]:
    """Options that all figures have."""
    option = partial(click.Option, show_default=True)
    sources = options.own_options(*options.OF_SOURCES)
    sources[0].required, sources[0].show_default = False, "the demo's two"
    sources[0].help = "Whom it shows; again for somebody else. A film or a folder is one person."
    return [
        *sources,
        option(["-o", "--output"], type=Word(), metavar="FILE.png|.pdf|.svg", default=f"outputs/figure-{name}.png"),
        option(["--overwrite"], is_flag=True, help="Replace an existing output."),
        option(["--cell"], type=click.IntRange(32, 1024), default=128, help="Pixels a side of each picture in it."),
        *options.own_options("weights", "mapping"),
        options.engine_option(),
        *options.own_options("device"),
    ]  # fmt: skip


def _angle(name: str, default: str, help: str) -> click.Option:
    return click.Option([f"--{name}"], type=Span(), metavar="A:B", default=default, show_default=True, help=help)


def _count(flag: str, default: int, help: str, most: int = 48) -> click.Option:
    return click.Option([flag], type=click.IntRange(1, most), default=default, show_default=True, help=help)


def _seconds(default: float, help: str) -> click.Option:
    return click.Option(
        ["--seconds"], type=FiniteRange(0, 600, min_open=True), default=default, show_default=True, help=help
    )


POSE = [
    _angle("roll", "-15:15", "Tip the head clockwise, from and to so many degrees."),
    _angle("pitch", "-15:15", "Lift it."),
    _angle("yaw", "-24:24", "Turn it to the picture's right."),
    _count("--steps", 7, "Angles of each, evenly spaced."),
    click.Option(["--absolute"], is_flag=True, help="Angles are the head's own, not added to those of the source."),
    *_common("pose"),
]
AUDIO = [
    _count("--moments", 8, "Moments that are shown."),
    _seconds(8.0, "At most so much of the sound, from its start."),
    *_common("audio"),
]
EDIT = [
    _count("--frames", 7, "Frames of each face."),
    _angle("yaw", "-30:30", "Without a film: turn the heads, from and to so many degrees."),
    _seconds(20.0, "At most so much of the film, from its start."),
    *_common("edit"),
]


@click.group(context_settings=HELP)
def figure() -> None:
    """Draw the paper's figures, of your own pictures or of the demo's.

    \b
    x2face figure pose -s a.jpg -s b.jpg
    x2face figure audio -s a.jpg --audio speech.wav -o audio.pdf
    x2face figure edit -s a.jpg --edit stamp.png --edit-at forehead --frame film.mp4
    """


@figure.command(
    cls=FigureCommand,
    params=POSE,
    short_help="Turn heads by each of the three angles alone.",
    context_settings=HELP,
)
@click.pass_context
def pose(ctx: click.Context, /, **given: Any) -> None:
    """Turn heads by each of the three angles alone (paper, Fig. 6 and 15).

    For each source, rows of roll, pitch and yaw; at the left the source and its embedded face.
    """
    output = _resolved(given, [])
    from x2face_cli import figuring

    figuring.pose(ctx.obj, given, output)


@figure.command(
    cls=FigureCommand,
    params=AUDIO,
    defaults={"audio": "the demo's"},
    short_help="Let several faces say the same.",
    context_settings=HELP,
)
@click.pass_context
def audio(ctx: click.Context, /, **given: Any) -> None:
    """Let several faces say the same (paper, Fig. 7).

    The moments are those at which the mouth is most open and most closed in turn, as read from the driving vectors.
    Below each frame the mouth alone; above all the waveform and the mel-spectrogram.
    """
    output = _resolved(given, [given["audio.input"]])
    from x2face_cli import figuring

    figuring.audio(ctx.obj, given, output)


@figure.command(
    cls=FigureCommand,
    params=EDIT,
    defaults={"edit": "the demo's paint", "frame": "none: heads turn by --yaw"},
    short_help="Paint on several embedded faces and drive them.",
    context_settings=HELP,
)
@click.pass_context
def edit(ctx: click.Context, /, **given: Any) -> None:
    """Paint on several embedded faces and drive them (paper, Fig. 8 and 13).

    For each source the source, its embedded face with the paint, and frames with it. The labels of the two frames whose
    heads are farthest round are bold.
    """
    output = _resolved(given, [given["edit.input"], given["frame.input"]])
    from x2face_cli import figuring

    figuring.edit(ctx.obj, given, output)


def _resolved(given: dict[str, Any], inputs: Sequence[str | Path | None]) -> Output:
    """The output path. UsageError for an unknown suffix, or an existing file."""
    from x2face_core.rendering.outputs import resolve_file
    from x2face_lab.figures.drawing import SUFFIXES

    text = given["output"]
    suffix = Path(text).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{text}: a figure's name ends in {', '.join(SUFFIXES)}.")
    read = [*given["source"], *given["mapping"], *(path for path in inputs if path is not None)]
    return resolve_file(text, suffix, overwrite=given["overwrite"], inputs=[Path(path) for path in read])

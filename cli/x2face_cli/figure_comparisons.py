"""`x2face figure cyclegan`, `warp`, `sources` and `scar`: films of people beside other methods, settings and paint."""

from __future__ import annotations

from typing import Any

import click

from x2face_cli.figure_options import HELP, FigureCommand, common, count, resolved, seconds
from x2face_cli.values import ExpandedPath, WholeRange, Word


def _frame() -> list[click.Option]:
    return [
        click.Option(["--frame"], type=ExpandedPath(), metavar="FILM", help="The driving film. [default: the demo's]"),
        click.Option(
            ["--frame-crop"],
            type=Word(),
            metavar="auto|none|X,Y,W,H",
            default="auto",
            show_default=True,
            help="Where the driving face is.",
        ),
    ]


def _film(name: str) -> list[click.Option]:
    """Options of a figure of films."""
    return [
        count("--frames", 7, "Frames of each film."),
        seconds(8.0, "At most so much of the film, from its start."),
        *common(name),
    ]


CYCLEGAN = [
    *_frame(),
    click.Option(
        ["--steps"], type=WholeRange(1), default=1500, show_default=True, help="Training steps of each CycleGAN."
    ),
    click.Option(["--models"], type=ExpandedPath(file_okay=False), help="A folder that keeps the CycleGANs."),
    *_film("cyclegan"),
]
WARP = [*_frame(), *_film("warp")]


def _sources() -> list[click.Parameter]:
    """Options of the figure sources: its weights may be several."""
    shared: list[click.Parameter] = [option for option in _film("sources") if option.name != "weights"]
    help = "Weights; repeatable, those of stage I first."
    return [*shared, click.Option(["--weights"], type=Word(), multiple=True, metavar="NAME|FILE", help=help)]


@click.command(params=CYCLEGAN, short_help="Beside CycleGAN, trained for each pair of people.", context_settings=HELP)
def cyclegan(**given: Any) -> None:
    """Beside CycleGAN, which is trained for each pair of people (paper, Fig. 4 and 12).

    From below: the driving frames, x2face, and CycleGAN; at the left the source. CycleGAN learns from all pictures of
    both films, which takes minutes; x2face learns nothing anew.
    """
    output = resolved(given, [given["frame"]])
    from x2face_cli import figuring_films

    figuring_films.cyclegan(given, output)


@click.command(params=WARP, short_help="Beside a warp by landmarks, with hidden regions.", context_settings=HELP)
def warp(**given: Any) -> None:
    """Beside a warp by landmarks, in the role of Averbuch-Elor et al. (paper, Fig. 5).

    From below: the driving frames, x2face, x2face with hidden regions by Poisson editing (p.-p.), and the warp without
    and with hidden regions. Landmarks are the face mesh's (the extra `landmarks`), or those of --data.
    """
    output = resolved(given, [given["frame"]])
    from x2face_cli import figuring_films

    figuring_films.warp(given, output)


@click.command(params=_sources(), short_help="One source and several, stage I and II.", context_settings=HELP)
def sources(**given: Any) -> None:
    """One source and several, by stage I and II (paper, Fig. 11).

    Each film is driven by itself: from its first frame (S), and from three that differ most (M). So the driving frames,
    below, are the truth. --weights again adds rows, such as those of stage II.
    """
    output = resolved(given, [])
    from x2face_cli import figuring_films

    figuring_films.sources(given, output)


@click.command(
    cls=FigureCommand,
    params=[*_frame(), *_film("scar")],
    defaults={"edit": "a scar, drawn"},
    short_help="A scar on embedded faces of several sources.",
    context_settings=HELP,
)
@click.pass_context
def scar(ctx: click.Context, /, **given: Any) -> None:
    """A scar painted on embedded faces, driven by a film (paper, Fig. 13 and 14).

    At the left the source frames and the painted embedded face; above the result, below the driving frames. A film as
    source gives several frames.
    """
    output = resolved(given, [given["edit.input"], given["frame"]])
    from x2face_cli import figuring_films

    figuring_films.scar(ctx.obj, given, output)

"""`x2face figure`: the figures of the paper for given pictures."""

from __future__ import annotations

from typing import Any

import click

from x2face_cli.figure_comparisons import cyclegan, scar, sources, warp
from x2face_cli.figure_options import HELP, FigureCommand, angle, common, count, resolved, seconds

NUMBERS = {
    "4": "cyclegan", "5": "warp", "6": "pose", "7": "audio", "8": "edit", "11": "sources", "12": "cyclegan",
    "13": "scar", "14": "scar", "15": "pose",
}  # fmt: skip
"""The paper's numbers of what the commands draw."""


class Figures(click.Group):
    """The figures' commands, by name or by the paper's number."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, NUMBERS.get(cmd_name, cmd_name))


POSE = [
    angle("roll", "-15:15", "Tip the head clockwise, from and to so many degrees."),
    angle("pitch", "-15:15", "Lift it."),
    angle("yaw", "-24:24", "Turn it to the picture's right."),
    count("--steps", 7, "Angles of each, evenly spaced."),
    click.Option(["--absolute"], is_flag=True, help="Angles are the head's own, not added to those of the source."),
    *common("pose"),
]
AUDIO = [
    count("--moments", 8, "Moments that are shown."),
    seconds(8.0, "At most so much of the sound, from its start."),
    *common("audio"),
]
EDIT = [
    count("--frames", 7, "Frames of each face."),
    angle("yaw", "-30:30", "Without a film: turn the heads, from and to so many degrees."),
    seconds(20.0, "At most so much of the film, from its start."),
    *common("edit"),
]


@click.group(cls=Figures, context_settings=HELP)
def figure() -> None:
    """Draw the paper's figures, of your own pictures and films, of face tracks, or of the demo's.

    The paper's numbers are names too: `x2face figure 4` is `x2face figure cyclegan`.

    \b
    x2face figure pose -s a.jpg -s b.jpg
    x2face figure audio -s a.jpg --audio speech.wav -o audio.pdf
    x2face figure edit -s a.jpg --edit stamp.png --edit-at forehead --frame film.mp4
    x2face figure cyclegan -s a.mp4 --frame b.mp4
    x2face figure sources --data tracks
    """


for command in (cyclegan, warp, sources, scar):
    figure.add_command(command)


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
    output = resolved(given, [])
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
    output = resolved(given, [given["audio.input"]])
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
    output = resolved(given, [given["edit.input"], given["frame.input"]])
    from x2face_cli import figuring

    figuring.edit(ctx.obj, given, output)

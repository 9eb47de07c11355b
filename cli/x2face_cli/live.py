"""`x2face live`: drives a face in real time, on a page of this machine."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import options, screen
from x2face_cli.completing import driver_names
from x2face_cli.mjpeg import LivePage, serving
from x2face_cli.run import RunCommand
from x2face_cli.values import ExpandedPath
from x2face_core.bounds import LONGEST
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_plugins.words import ParsedWords

_OWN = (*options.OF_SOURCES, "seconds", "finish", "still", "fps", "weights", "mapping", "engine", "device", "dtype",
        "seed", "strict_plugins")  # fmt: skip
_OPTIONS = [
    *options.own_options(*_OWN),
    click.Option(
        ["--driver"], multiple=True, metavar="NAME|FILE.py", expose_value=False, shell_complete=driver_names,
        help="What drives: a name, or the path of a one-file driver; repeatable, to combine several.",
    ),
    click.Option(
        ["--port"], type=click.IntRange(0, 65535), default=8020, show_default=True,
        help="Port of the page; 0: any free one.",
    ),
    click.Option(
        ["--virtual-camera"], type=ExpandedPath(), metavar="DEVICE",
        help="Show the face on a video device too, such as /dev/video9, which other programs take for a camera.",
    ),
]  # fmt: skip


@click.command(cls=RunCommand, params=_OPTIONS, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def live(ctx: click.Context, /, port: int, virtual_camera: Path | None, **given: Any) -> None:
    """Drive a face in real time and show it on a page, http://127.0.0.1:8020/, until Ctrl-C.

    Any driver can be used: a camera by its number, a microphone, OSC, or a film in place of a camera. The newest frame
    is shown, and frames are dropped where the machine is too slow. The page shows frame rate and latency.

    \b
    x2face live -s photo.jpg --frame 0
    x2face live -s photo.jpg --audio mic --idle
    x2face live -s photo.jpg --frame film.mp4
    """
    parsed: ParsedWords = ctx.obj
    options.fill(parsed, given)
    if not parsed.drivers:
        raise UsageError("nothing drives the face; name what does, such as --frame 0, see `x2face drivers`.")
    if virtual_camera is not None:
        from x2face_core.media.virtual_camera import check_device

        check_device(virtual_camera)
    page = LivePage()
    try:
        with serving(page, port) as address:
            _show(parsed, given, page, address, virtual_camera)
    except OSError as error:
        raise UsageError(f"--port {port}: cannot be used ({error.strerror}); another one, or 0, would do.") from error
    finally:
        _tell(page.stats())


def _tell(told: Mapping[str, float | int]) -> None:
    """Print what was shown; nothing if no frame was."""
    if told["frames"]:
        screen.note(
            f"{told['frames']} frames, at the end {told['fps']} a second with {told['latency_ms']} ms from driver to "
            f"page; {told['dropped']} were dropped"
        )


def _show(
    parsed: ParsedWords, given: dict[str, Any], page: LivePage, address: str, virtual_camera: Path | None
) -> None:
    """Load everything, print the address, and publish frames until the drivers end."""
    from x2face_core.media.virtual_camera import VirtualCamera
    from x2face_core.streaming.real_time import Pace
    from x2face_plugins.session import Session

    chosen = parsed.choices()
    loaded = [choice.load() for choice in chosen]
    session = Session.load(
        given["weights"],
        given["device"],
        engine=given["engine"],
        dtype=given["dtype"],
        mappings=given["mapping"],
        registry=parsed.registry,
    )
    face = session.face(*given["source"], **{name: given[name] for name in options.OF_SOURCES[1:]})
    pace = Pace()
    film = session.animate(
        face, *loaded, fps=given["fps"], seconds=given["seconds"] or LONGEST, seed=given["seed"],
        still=given["still"], finish=given["finish"], pace=pace,
    )  # fmt: skip
    screen.result(address)
    with ExitStack() as stack:
        camera = stack.enter_context(VirtualCamera(virtual_camera, film.fps)) if virtual_camera is not None else None
        for picture in film:
            page.dropped = pace.dropped
            page.publish(picture, pace.latency)
            if camera is not None:
                camera.show(picture)
    page.dropped = pace.dropped  # those after the last frame, too

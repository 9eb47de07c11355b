"""`x2face drivers new`: writes a new plugin from a template."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from x2face_cli import screen
from x2face_cli.values import ExpandedPath

KINDS = ("offset", "absolute", "overlay", "mapping")
LAST = {
    "offset": "x2face run -s photo.jpg --{name} recording.txt -o film.mp4",
    "absolute": "x2face run -s photo.jpg --{name} pictures/ -o film.mp4",
    "overlay": "x2face run -s photo.jpg --driver {name} --frame film.mp4 -o painted.mp4",
    "mapping": "x2face fit {name} --data films-and-tables/",
}


@click.command(short_help="Write a new plugin, with its tests.")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="offset",
    show_default=True,
    help="What it is: a driver that yields offsets or vectors, an overlay, or a mapping with its driver.",
)
@click.option("-o", "--output", type=ExpandedPath(), metavar="DIR",
              show_default="x2face-NAME", help="The new folder.")  # fmt: skip
def new(name: str, kind: str, output: Path | None) -> None:
    """Write a plugin that works at once, with its tests, and say what to do next.

    NAME is what follows --driver: a-z, 0-9 and _, a letter first.
    """
    from x2face_plugins.registry import Registry
    from x2face_testkit.templates import make

    made = make(name, kind, output, Registry.load())
    folder = shlex.quote(str(made))
    screen.result(f"{folder} holds the plugin {name}. Next:\n")
    screen.result(f"  pip install -e {shlex.quote(f'{made}[test]')}")
    screen.result("  x2face drivers")
    screen.result(f"  x2face drivers check {name}")
    screen.result(f"  pytest {folder}")
    screen.result(f"  {LAST[kind].format(name=name)}")

"""`x2face demo`: demonstration films from the package's own inputs."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from x2face_cli import options, screen
from x2face_cli.values import Word
from x2face_core.files.ledger import noting
from x2face_core.rendering.outputs import resolve_folder

if TYPE_CHECKING:
    from x2face_lab.demo.scenes import Scene
    from x2face_plugins.session import Session


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-o",
    "--output",
    type=Word(),
    metavar="DIR",
    default="outputs/demo",
    show_default=True,
    help="The folder for the films.",
)
@click.option("--overwrite", is_flag=True, help="Replace files of the films' names, whatever they are.")
@options.with_engine("auto")
@noting()
def demo(output: str, overwrite: bool, engine: str) -> None:
    """Make the demonstration films and print where they are.

    Two faces, a photograph and a rendered one, are moved by a film of another head, by angles, by speech, by idling,
    by all of them at once, and are painted. Films of an earlier demo are replaced, other files are not.
    """
    folder = Path(output)
    resolve_folder(folder)
    from x2face_lab.demo.earlier import refuse_others
    from x2face_lab.demo.paint import write_paint
    from x2face_lab.demo.scenes import playable, scenes
    from x2face_lab.demo.sources import sources
    from x2face_plugins.registry import Registry
    from x2face_plugins.session import Session

    registry = Registry.load()
    with sources() as pictures, TemporaryDirectory(prefix="x2face-") as drawn:
        played = playable(scenes(write_paint(Path(drawn))), registry.drivers())
        if not overwrite:
            refuse_others(folder, (film for scene in played for film in scene.films()), pictures)
        session = Session.load(engine=engine, registry=registry)
        for scene in played:
            for source, name in scene.films():
                screen.result(_film(session, scene, pictures[source], folder / name))


def _film(session: Session, scene: Scene, source: Path, output: Path) -> str:
    """Make one film of a scene; returns its path."""
    from x2face_plugins.filming import run

    return str(
        run(
            source,
            output=str(output),
            overwrite=True,
            seconds=scene.seconds,
            compare=scene.compare,
            session=session,
            progress=screen.follow,
            **scene.keywords(),
        )["output"]
    )

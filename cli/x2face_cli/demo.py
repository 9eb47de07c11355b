"""`x2face demo`: films from the package's own inputs, made as `x2face run --driver frame` makes them."""

from __future__ import annotations

from pathlib import Path

import click

from x2face_cli import screen
from x2face_core.errors import UsageError


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-o", "--output", metavar="DIR", default="outputs/demo", show_default=True, help="Where the films go.")
def demo(output: str) -> None:
    """Make the demonstration films and print where they are.

    Two faces, a photograph and a rendered one, are driven by a film of a rendered head; each alone, and beside the
    source and the driving film. Films of an earlier demo are replaced.
    """
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; -o takes the folder for the demo's films.")
    from x2face_cli.running import load_model, load_parts
    from x2face_core.demo.film import FILM
    from x2face_core.demo.sources import sources
    from x2face_core.job import Job, perform
    from x2face_core.outputs import Output
    from x2face_plugins.registry import Registry

    registry = Registry.load()
    settings = {"frame": registry.driver("frame").settings(input=str(FILM))}
    model = load_model({"weights": None, "device": "auto", "dtype": "auto"})
    with sources() as pictures:
        for name, picture in pictures.items():
            for path, compare in ((folder / f"{name}.mp4", False), (folder / f"{name}-compare.mp4", True)):
                parts, _ = load_parts(registry, settings)
                job = Job(sources=(picture,), output=Output(path), compare=compare)
                screen.result(perform(job, model, parts, follow=screen.follow).output)

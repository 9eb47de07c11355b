"""`x2face demo`: films from the package's own inputs, made as `x2face run` makes them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import screen
from x2face_core.errors import UsageError
from x2face_core.files.ledger import noting

if TYPE_CHECKING:
    from x2face_lab.demo.scenes import Scene
    from x2face_plugins.registry import Registry


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-o", "--output", metavar="DIR", default="outputs/demo", show_default=True, help="Where the films go.")
@noting()
def demo(output: str) -> None:
    """Make the demonstration films and print where they are.

    Two faces, a photograph and a rendered one, are moved by a film of another head, by angles, by speech, by idling,
    by all of them at once, and are painted. Films of an earlier demo are replaced.
    """
    folder = Path(output)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; -o takes the folder for the demo's films.")
    from x2face_cli.running import load_model
    from x2face_lab.demo.paint import write_paint
    from x2face_lab.demo.scenes import playable, scenes
    from x2face_lab.demo.sources import sources
    from x2face_plugins.mappings.loading import mapping_loader
    from x2face_plugins.registry import Registry

    registry = Registry.load()
    model = load_model({"weights": None, "device": "auto", "dtype": "auto"})
    film = partial(_film, registry, model=model, load_mapping=mapping_loader(registry, model.fingerprint))
    with sources() as pictures, TemporaryDirectory(prefix="x2face-") as drawn:
        for scene in playable(scenes(write_paint(Path(drawn))), registry.drivers()):
            for source, name in scene.films():
                screen.result(film(scene, pictures[source], folder / name))


def _film(registry: Registry, scene: Scene, source: Path, output: Path, **more: Any) -> Path:
    """Make one film of a scene; more: for `perform`."""
    from x2face_core.rendering.job import Job, perform
    from x2face_core.rendering.outputs import Output
    from x2face_plugins.activating import load_parts

    settings = {name: registry.driver(name).spec.settings(**values) for name, values in scene.settings.items()}
    parts, overlays = load_parts(registry, settings)
    job = Job(sources=(source,), output=Output(output), seconds=scene.seconds, compare=scene.compare)
    return perform(job, parts=parts, overlays=overlays, follow=screen.follow, **more).output

"""The three hooks. A plugin is a module with any of these functions, named by an entry point in the group `x2face`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from x2face_plugins.specs import DriverSpec, MappingSpec, OverlaySpec

PROJECT = "x2face"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def x2face_drivers() -> Iterable[DriverSpec | OverlaySpec]:
    """Return the drivers and overlays of this plugin.

    It is called at every start, before the command line is parsed: return specs, and import nothing heavy.

    A plugin, whole::

        from __future__ import annotations

        import json
        from collections.abc import Iterator
        from dataclasses import dataclass
        from pathlib import Path

        from x2face_plugins import Chunk, DriverSpec, InputError, Source, hookimpl, option


        @dataclass(frozen=True)
        class Settings:
            input: Path = option(help="JSON file: a list of driving vectors.")            # --vectors FILE
            fps: float = option(25.0, help="Vectors a second.", min=1, max=240)           # --vectors-fps 25


        class Vectors:
            def __init__(self, settings: Settings) -> None:
                self.settings = settings

            def drive(self, source: Source) -> Iterator[Chunk]:
                import numpy as np

                try:
                    rows = np.asarray(json.loads(self.settings.input.read_text()), dtype=np.float32)
                except (OSError, ValueError) as error:
                    raise InputError(f"{self.settings.input}: no list of vectors: {error}.") from error
                yield Chunk(vectors=rows, fps=self.settings.fps)


        def demo(folder: Path) -> Settings:
            path = folder / "vectors.json"
            path.write_text(json.dumps([[0.0] * 128] * 5))
            return Settings(input=path)


        @hookimpl
        def x2face_drivers() -> Iterator[DriverSpec]:
            yield DriverSpec(
                name="vectors",
                summary="Driving vectors from a file",
                relative=False,
                settings=Settings,
                load=Vectors,
                demo=demo,
            )

    and in its pyproject.toml::

        [project.entry-points.x2face]
        vectors = "x2face_vectors"
    """
    return ()


@hookspec
def x2face_mappings() -> Iterable[MappingSpec]:
    """Return the mappings of this plugin. `x2face fit NAME --data DIR` fits one; drivers get it, fitted for the weights
    of the run, by `source.mapping(name)`.

    A plugin, whole (a stick's two numbers, mapped linearly)::

        from x2face_plugins import MappingSpec, hookimpl


        class Stick:
            labels, units = ("x", "y"), ("1", "1")

            def __init__(self):
                import torch

                self.matrix = torch.zeros(2, 128)

            def write(self, values):                      # (n, 2) -> (n, 128)
                return values @ self.matrix

            def examples(self, folder, film):             # film(path) -> vectors (n, 128), fps
                import numpy as np
                import torch

                for path in sorted(folder.glob("*.csv")):                            # a row a frame: x,y
                    vectors, fps = film(path.with_suffix(".mp4"))
                    measured = torch.from_numpy(np.loadtxt(path, delimiter=",", ndmin=2, dtype=np.float32))
                    rows = min(len(measured), len(vectors))
                    yield measured[:rows], vectors[:rows]

            def fit(self, examples):
                import torch

                measured, vectors = (torch.cat(part) for part in zip(*examples, strict=True))
                self.matrix = torch.linalg.lstsq(measured, vectors).solution
                return {"error": float((measured @ self.matrix - vectors).square().mean().sqrt())}

            def state_dict(self):
                return {"matrix": self.matrix}

            def load_state_dict(self, state):
                self.matrix = state["matrix"]


        @hookimpl
        def x2face_mappings():
            yield MappingSpec(
                name="stick", summary="A stick's two axes", labels=Stick.labels, units=Stick.units, load=Stick
            )
    """
    return ()


@hookspec
def x2face_commands(cli: click.Group) -> None:
    """Add commands to the given group; they become commands of `x2face`.

    A plugin, whole::

        import click

        from x2face_plugins import InputError, hookimpl


        @click.command()
        @click.argument("path")
        def lines(path):
            \"\"\"Count the lines of a file.\"\"\"
            try:
                with open(path) as file:
                    click.echo(sum(1 for _ in file))
            except OSError as error:
                raise InputError(f"{path}: {error.strerror}.") from error


        @hookimpl
        def x2face_commands(cli):
            cli.add_command(lines)
    """

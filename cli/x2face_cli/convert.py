"""`x2face convert`: conversion of the released files to weights of this package."""

from __future__ import annotations

from pathlib import Path

import click

from x2face_cli import screen
from x2face_cli.values import ExpandedPath
from x2face_core.errors import UsageError
from x2face_core.files.ledger import noting


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("files", nargs=-1, metavar="FILE…", type=ExpandedPath())
@click.option("--from-github-layout", "folder", type=ExpandedPath(), metavar="FOLDER",
              help="Convert the released files that are somewhere below it, found by their names.")  # fmt: skip
@click.option("-o", "--output", required=True, metavar="BUNDLE.safetensors", help="Where the weights go.")
@click.option("--overwrite", is_flag=True, help="Replace an existing output.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the weights.")
@noting()
def convert(files: tuple[Path, ...], folder: Path | None, output: str, overwrite: bool, as_json: bool) -> None:
    """Make one file of the networks and mappings that the authors of X2Face released.

    Python 2's checkpoints, today's, and scikit-learn's pickles; nothing in them is run.

    \b
    x2face convert x2face_model.pth posereg.pth posetobottle.pth -o released.safetensors
    x2face run -s photo.jpg --frame film.mp4 --weights released.safetensors
    """
    if bool(files) == bool(folder):
        raise UsageError("Give the released files, or --from-github-layout FOLDER with them in it; one of the two.")
    from x2face_core.rendering.outputs import resolve_file

    target = resolve_file(output, ".safetensors", overwrite=overwrite, inputs=files)
    from x2face_core.convert.finding import find_released
    from x2face_lab.converting import convert as write_weights
    from x2face_plugins.registry import Registry

    found = find_released(folder) if folder else files
    write_weights(found, target.path, Registry.load(), screen.warn, overwrite=overwrite)
    from x2face_cli.weights import describe

    about = describe(str(target.path))
    if as_json:
        screen.result_json(about | {"output": str(target)})
        return
    screen.note(f"{about['name']}: networks{''.join(f', {name}' for name in about['mappings'])}")
    screen.result(target)

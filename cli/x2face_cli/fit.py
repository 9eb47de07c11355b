"""`x2face fit`: fits a mapping to data."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import options, screen
from x2face_cli.completing import mapping_names
from x2face_cli.values import ExpandedPath, Word

if TYPE_CHECKING:
    from x2face_plugins.mappings.files import MappingInfo


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", shell_complete=mapping_names)
@click.option("--data", type=ExpandedPath(), required=True, help="The folder to learn from.")
@click.option(
    "--weights", type=Word(), metavar="NAME|FILE", help="The weights to fit it for; see `x2face weights list`."
)
@click.option(
    "-o",
    "--output",
    type=ExpandedPath(),
    metavar="FILE",
    help="Where it goes, for `x2face run --mapping FILE`; by default where every run finds it.",
)
@click.option(
    "--crop",
    type=click.Choice(["auto", "none"]),
    default="auto",
    show_default=True,
    help="Find the face in the films, or take them whole. Clips of `x2face prepare` are crops already.",
)
@options.with_engine()
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object about the mapping.")
def fit(name: str, data: Path, output: Path | None, crop: str, as_json: bool, **given: Any) -> None:
    """Fit the mapping NAME, ours or a plugin's, for the driving space of some weights.

    NAME is what `x2face drivers` lists, or the path of a one-file plugin; what the data has to look like, the plugins
    say.

    \b
    x2face fit pose --data tracks
    x2face run -s photo.jpg --driver pose --pose-yaw=-20:20 --pose-seconds 2
    """
    from x2face_plugins.mappings import fitting
    from x2face_plugins.mappings.files import check_place
    from x2face_plugins.registry import Registry
    from x2face_plugins.words import known_mapping

    registry, name = known_mapping(Registry.load(), name)
    offer = registry.mapping(name)
    if output is not None:
        check_place(output, offer)
    from x2face_plugins.session import load_model

    fitting.check_folder(data, offer)
    model = load_model(given["weights"], given["device"], "auto", True, given["engine"])
    with ExitStack() as bars:
        shown = screen.stages(bars, "frames")
        whole = True if crop == "none" else None
        info = fitting.fit(offer, data, model, output, whole=whole, progress=shown, warn=screen.warn)
    _tell(info, as_json, {"name": model.name, "fingerprint": model.fingerprint})


def _tell(info: MappingInfo, as_json: bool, weights: dict[str, str]) -> None:
    if as_json:
        screen.result_json({**info.to_json(), "output": str(info.path), "weights": weights})
        return
    screen.note(f"{info.name}: {info.data}")
    for name, figure in info.figures.items():
        screen.note(f"{name}: {figure}")
    screen.result(info.path)

"""`x2face weights`: which there are, what is known of them, whether they are whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from x2face_cli import screen
from x2face_core import weights as stored

HEAD = ("name", "preset", "parameters", "fingerprint", "data")


@click.group()
def weights() -> None:
    """List, describe and verify weights."""


@weights.command("list")
def show_all() -> None:
    """The weights that can be given by name."""
    found = stored.list_weights()
    if not found:
        screen.note("There are none; `x2face train` makes some.")
        return
    screen.table(HEAD, [(_row(info), None) for info in found])


@weights.command()
@click.argument("name", metavar="NAME|FILE")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def info(name: str, as_json: bool) -> None:
    """What is known of weights, or of a preset, such as paper, that no weights have the name of."""
    about = describe(name)
    if as_json:
        screen.result_json(about)
    else:
        screen.tree(about)


@weights.command()
@click.argument("file", metavar="NAME|FILE")
def verify(file: str) -> None:
    """Compare what a file holds with the checksum that it carries."""
    path = stored.find_weights(file)
    found = stored.verify(path)
    screen.result(f"{path}: whole, sha256 {found.sha256}")


def describe(name: str) -> dict[str, Any]:
    """As `weights info --json` shows it. Raises WeightsError where neither weights nor a preset have that name."""
    from x2face_core.networks.dims import PRESETS

    if name in PRESETS and not _is_stored(name):
        return describe_preset(name)
    from x2face_plugins.mappings.lookup import fitted_names
    from x2face_plugins.registry import Registry

    about = stored.read_info(stored.find_weights(name))
    return about.to_json() | {"mappings": fitted_names(Registry.load(), about.fingerprint, about.path)}


def describe_preset(name: str) -> dict[str, Any]:
    """A preset as `weights info` shows it: sizes and parameter counts, nothing learned."""
    import torch

    from x2face_core.networks.dims import PRESETS
    from x2face_core.networks.x2face import X2FaceNetworks

    with torch.device("meta"):
        networks = X2FaceNetworks(PRESETS[name])
    return {
        "name": name,
        "preset": name,
        "dims": PRESETS[name].to_dict(),
        "fingerprint": None,
        "sha256": None,
        "parameters": networks.parameter_counts(),
        "recipe": {},
        "metrics": {},
        "data": "",
        "mappings": [],
    }


def _is_stored(name: str) -> bool:
    return Path(name).is_file() or any(info.name == name for info in stored.list_weights())


def _row(info: stored.WeightsInfo) -> tuple[str, ...]:
    millions = sum(info.parameters.values()) / 1e6
    return (info.name, info.preset, f"{millions:.1f} M", info.fingerprint, info.data)

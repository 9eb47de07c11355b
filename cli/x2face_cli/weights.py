"""`x2face weights`: lists, describes and verifies weights."""

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


@weights.command("list", short_help="List the weights that can be given by name.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def show_all(as_json: bool) -> None:
    """The weights that can be given by name, and files among them that are broken."""
    found, broken = stored.list_weights(), stored.broken_weights()
    if as_json:
        screen.result_json([*map(_listed, found), *(_listed_broken(path, why) for path, why in broken.items())])
    elif found or broken:
        rows = [(_row(info), None) for info in found]
        screen.table(HEAD, [*rows, *((_broken_row(path, why), "red") for path, why in broken.items())])
    else:
        screen.note("There are none; `x2face train` makes some.")


@weights.command(short_help="Describe weights, or a preset.")
@click.argument("name", metavar="NAME|FILE")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def info(name: str, as_json: bool) -> None:
    """Describe weights, or a preset such as paper, where no weights have that name."""
    about = describe(name)
    if as_json:
        screen.result_json(about)
    else:
        screen.tree(about)


@weights.command(short_help="Verify the checksum of weights.")
@click.argument("file", metavar="NAME|FILE")
def verify(file: str) -> None:
    """Compare what a file holds with the checksum that it carries."""
    path = stored.find_weights(file)
    found = stored.verify(path)
    screen.result(f"{path}: whole, sha256 {found.sha256}")


def describe(name: str) -> dict[str, Any]:
    """The description for `weights info --json`. WeightsError if there are no weights and no preset of that name."""
    from x2face_core.networks.dims import PRESETS

    if name in PRESETS and not _is_stored(name):
        return describe_preset(name)
    from x2face_plugins.mappings.lookup import fitted_names
    from x2face_plugins.registry import Registry

    about = stored.read_info(stored.find_weights(name))
    return about.to_json() | {"mappings": fitted_names(Registry.load(), about.fingerprint, about.path)}


def describe_preset(name: str) -> dict[str, Any]:
    """The description of a preset: sizes and parameter counts."""
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
    return stored.is_file(name) or any(info.name == name for info in stored.list_weights())


def _listed(info: stored.WeightsInfo) -> dict[str, Any]:
    return {**info.to_json(), "path": str(info.path), "status": "ok", "error": None}


def _listed_broken(path: Path, why: str) -> dict[str, Any]:
    return {"name": path.stem, "path": str(path), "status": "failed", "error": why}


def _broken_row(path: Path, why: str) -> tuple[str, ...]:
    return (path.stem, "-", "-", "-", why)


def _row(info: stored.WeightsInfo) -> tuple[str, ...]:
    millions = sum(info.parameters.values()) / 1e6
    return (info.name, info.preset, f"{millions:.1f} M", info.fingerprint, info.data)

"""`x2face train identity`: trains an identity network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from x2face_cli import screen
from x2face_cli.training import displayed, length_of, settings_of, show_result, training_options
from x2face_cli.values import ExpandedPath, Word


@click.command()
@click.argument("out", type=ExpandedPath(file_okay=False))
@click.option("--data", type=ExpandedPath(), required=True, help="Face tracks, with photographs if there are some.")
@click.option(
    "--preset",
    type=click.Choice(["light", "paper"]),
    default="light",
    show_default=True,
    help="A light VGG-11 for CPUs, or VGG-11 as the paper has it.",
)
@click.option(
    "--from", "start", type=Word(), metavar="NETWORK", help="A network, by name or file, that a new run begins with."
)
@training_options
def train_identity(out: Path, data: Path, **given: Any) -> None:
    """Train a network that tells people apart, on the clips and photographs of a folder.

    \b
    x2face train identity runs/who --data tracks --minutes 15
    x2face train identity runs/vgg --data tracks --preset paper --from vgg11.pth --steps 20000
    x2face train runs/two --recipe identity --identity runs/who/identity.safetensors --from light-2 --data tracks …
    """
    from x2face_core.identity.weights import load_identity
    from x2face_core.networks.identity import IDENTITY_PRESETS
    from x2face_core.training.identity_recipe import IDENTITY_RECIPES
    from x2face_core.training.identity_session import WEIGHTS, IdentityPlan
    from x2face_core.training.identity_session import train_identity as run
    from x2face_core.training.recipes import with_settings

    length, start = length_of(given), given["start"]
    dims = IDENTITY_PRESETS[given["preset"]] if start is None else load_identity(start)[0].dims
    recipe, dims = with_settings(IDENTITY_RECIPES[given["preset"]], dims, settings_of(given))
    plan = IdentityPlan(out, data, length, recipe, dims, fresh=not given["resume"], device=given["device"], start=start)
    state = displayed(length, lambda shown: run(plan, shown.report, say=screen.note, progress=shown.reading))
    show_result(state, _FIGURES, out / WEIGHTS)


_FIGURES = {"eer": "EER", "eer_same_source": "EER among people of one source", "accuracy": "accuracy"}

"""`x2face train sync`: trains the sync encoder of sound and lips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from x2face_cli import screen
from x2face_cli.training import displayed, length_of, settings_of, show_result, training_options
from x2face_cli.values import ExpandedPath, Word


@click.command()
@click.argument("out", type=ExpandedPath(file_okay=False))
@click.option("--data", type=ExpandedPath(), required=True, help="Face tracks with sound in sync.")
@click.option(
    "--from", "start", type=Word(), metavar="ENCODER", help="An encoder, by name or file, that a new run begins with."
)
@training_options
def train_sync(out: Path, data: Path, **given: Any) -> None:
    """Train the sync encoder on the clips of a folder whose table says that sound and lips go together.

    \b
    x2face train sync runs/sync --data tracks --minutes 60
    x2face train sync runs/sync --data tracks --minutes 30 --from sync-2
    x2face fit audio --data tracks        # once OUT/sync.safetensors lies in $X2FACE_HOME/sync/sync-2.safetensors
    """
    from x2face_audio.sync.networks import SyncDims
    from x2face_audio.sync.recipe import SYNC
    from x2face_audio.sync.session import WEIGHTS, SyncPlan
    from x2face_audio.sync.session import train_sync as run
    from x2face_audio.sync.weights import KIND
    from x2face_core.training.recipes import with_settings

    length = length_of(given)
    recipe = with_settings(SYNC, None, settings_of(given))[0]
    start = given["start"]
    dims = SyncDims() if start is None else SyncDims.from_dict(KIND.read_info(KIND.find(start)).dims)
    plan = SyncPlan(out, data, length, recipe, dims, fresh=not given["resume"], device=given["device"], start=start)
    state = displayed(length, lambda shown: run(plan, shown.report, say=screen.note, progress=shown.reading))
    show_result(state, _FIGURES, out / WEIGHTS)


_FIGURES = {
    "exact": "offset to the frame",
    "within_1": "within a frame",
    "within_1_by_chance": "by chance",
    "mouth": "r of the mouth",
}

"""`x2face train sync`: trains the sync encoder of sound and lips."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from x2face_cli import screen
from x2face_cli.values import ExpandedPath, WholeRange, Word, minutes


@click.command()
@click.argument("out", type=ExpandedPath(file_okay=False))
@click.option("--data", type=ExpandedPath(), required=True, help="Face tracks with sound in sync.")
@click.option("--minutes", type=minutes(), help="How long, over all parts of the run.")
@click.option("--steps", type=WholeRange(1), help="How many steps, over all parts of the run.")
@click.option(
    "--from", "start", type=Word(), metavar="ENCODER", help="An encoder, by name or file, that a new run begins with."
)
@click.option("--resume/--fresh", default=True, show_default=True, help="Go on from OUT's checkpoint, or start over.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A field of the recipe.")
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
    from x2face_audio.sync.weights import find_sync, read_sync_info
    from x2face_cli.training import TrainingDisplay, length_of, pair
    from x2face_core.training.recipes import with_settings

    length = length_of(given)
    recipe = with_settings(SYNC, None, dict(pair(text) for text in given["settings"]))[0]
    start = given["start"]
    dims = SyncDims() if start is None else SyncDims.from_dict(read_sync_info(find_sync(start)).dims)
    plan = SyncPlan(out, data, length, recipe, dims, fresh=not given["resume"], device=given["device"], start=start)
    if int(os.environ.get("RANK", "0")):
        screen.set_verbosity(-1)  # under torchrun only the first process prints
    with ExitStack() as bars:
        shown = TrainingDisplay(bars, length)
        state = run(plan, shown.report, say=screen.note, progress=shown.reading)
    latest = next((row for row in reversed(state.history) if "exact" in row), {})
    figures = [
        f"{name} {latest[name]:.3f}" for name in ("exact", "within_1", "within_1_by_chance", "mouth") if name in latest
    ]
    screen.note(f"on people it has not seen: {', '.join(figures)}")
    screen.result(out / WEIGHTS)

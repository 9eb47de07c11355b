"""`x2face train`: trains the networks on a folder of face tracks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import screen
from x2face_cli.training import displayed, length_of, settings_of, show_result, training_options
from x2face_cli.values import ExpandedPath, Word
from x2face_cli.verbosity import with_verbosity
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.training.session import Plan


_RECIPES = ("guided", "completion", "photometric", "paper", "identity")


class TrainCommand(click.Command):
    """The command train, with the subcommands `train sync` and `train identity`; folders of those names are ./sync."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        if args[:1] == ["sync"]:
            from x2face_cli.train_sync import train_sync as command
        elif args[:1] == ["identity"]:
            from x2face_cli.train_identity import train_identity as command
        else:
            return super().make_context(info_name, args, *more, **extra)
        return with_verbosity(command).make_context(f"{info_name} {args[0]}", args[1:], *more, **extra)


@click.command(cls=TrainCommand)
@click.argument("out", type=ExpandedPath(file_okay=False))
@click.option(
    "--data", type=Word(), required=True, help="Face tracks or shards, by folder, URL or pattern; `prepare` makes them."
)
@click.option(
    "--recipe",
    type=click.Choice(_RECIPES),
    default="guided",
    show_default=True,
    help="Losses and data; docs/training.md.",
)
@click.option(
    "--preset", type=click.Choice(["light", "paper"]), show_default="the recipe's", help="The networks' sizes."
)
@click.option(
    "--from", "start", type=Word(), metavar="WEIGHTS", help="Weights, by name or path, that a new run begins with."
)
@click.option(
    "--identity", type=Word(), metavar="NETWORK", help="With --recipe identity: the identity network, by name or path."
)
@training_options
def train(out: Path, data: str, **given: Any) -> None:
    """Train the networks on a folder of face tracks; the same line resumes a run that was stopped.

    \b
    x2face train runs/first --data tracks --minutes 120
    torchrun --nproc-per-node=4 -m x2face_cli train runs/first --data tracks --steps 100000
    x2face train runs/mine --from light-2 --data tracks --minutes 30   # fine-tune the default weights
    x2face train runs/whole --from runs/mine/weights.safetensors --recipe completion --data tracks --minutes 15
    x2face train runs/two --from runs/first/weights.safetensors --recipe identity --data tracks --minutes 60
    x2face train sync OUT --data tracks --minutes 60       # the sync encoder; --help tells its options
    x2face train identity OUT --data tracks --minutes 15   # a network that tells people apart
    """
    plan = _plan(out, data, given)
    from x2face_core.training.session import train as run

    state = displayed(
        plan.length, lambda shown: run(plan, shown.report, say=screen.note, progress=shown.reading, warn=_warn)
    )
    show_result(state, {"held_ratio": "L1 to copying the source"}, out / "weights.safetensors")


def _warn(text: str) -> None:
    screen.warn(text, always=True)  # in each process, for each reads other shards


def _plan(out: Path, data: str, given: dict[str, Any]) -> Plan:
    length = length_of(given)
    settings = settings_of(given)
    from x2face_core.networks.dims import PRESETS
    from x2face_core.training.initial_weights import dims_of, preset_of
    from x2face_core.training.recipes import RECIPES, STAGE_TWO, CompletionRecipe, with_settings
    from x2face_core.training.session import Plan

    recipe, start = RECIPES[given["recipe"]], given["start"]
    if recipe.name == "identity" and start is not None:
        recipe = STAGE_TWO.get(preset_of(start), recipe)
    elif recipe.name != "identity" and given["identity"] is not None:
        raise UsageError(f"--identity: the recipe {recipe.name} uses no identity network; --recipe identity does.")
    recipe = replace(recipe, preset=given["preset"] or recipe.preset)
    dims = PRESETS[recipe.preset] if start is None else dims_of(start)
    recipe, dims = with_settings(recipe, dims, settings)
    if isinstance(recipe, CompletionRecipe):
        dims = replace(dims, completion=recipe.channels)
    return Plan(
        out,
        data,
        recipe,
        dims,
        length,
        fresh=not given["resume"],
        start=start,
        device=given["device"],
        identity=given["identity"],
    )

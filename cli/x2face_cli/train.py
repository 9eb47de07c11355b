"""`x2face train`: train the networks on a folder of face tracks."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import screen
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.training.engine import Report
    from x2face_core.training.session import Plan


@click.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--data", type=click.Path(path_type=Path), required=True, help="Face tracks; `x2face prepare` makes them."
)
@click.option("--recipe", type=click.Choice(["guided", "photometric", "paper"]), default="guided", show_default=True)
@click.option(
    "--preset", type=click.Choice(["light", "paper"]), show_default="the recipe's", help="The networks' sizes."
)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="How long, over all parts of the run.")
@click.option("--steps", type=click.IntRange(1), help="How many steps, over all parts of the run.")
@click.option("--resume/--fresh", default=True, show_default=True, help="Go on from OUT's checkpoint, or start over.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A field of the recipe or of the sizes.")
def train(out: Path, data: Path, **given: Any) -> None:
    """Train the networks on a folder of face tracks; stopped or killed, the same line goes on.

    \b
    x2face train runs/first --data tracks --minutes 120
    torchrun --nproc-per-node=4 -m x2face_cli train runs/first --data tracks --steps 100000
    """
    plan = _plan(out, data, given)
    from x2face_core.training.session import train as run

    if int(os.environ.get("RANK", "0")):
        screen.set_verbosity(-1)  # under torchrun the first process speaks for all
    with ExitStack() as bars:
        shown = _Shown(bars, plan)
        state = run(plan, shown.report, say=screen.note, progress=shown.reading)
    held = next((row for row in reversed(state.history) if "held_ratio" in row), {})
    screen.note(f"held-out L1 to copying the source: {held.get('held_ratio', float('nan')):.4f}")
    if not int(os.environ.get("RANK", "0")):
        screen.result(out / "weights.safetensors")


def _plan(out: Path, data: Path, given: dict[str, Any]) -> Plan:
    if (given["minutes"] is None) == (given["steps"] is None):
        raise UsageError("say how long to train: --minutes M or --steps N, one of them.")
    settings = dict(_pair(text) for text in given["settings"])
    from dataclasses import replace

    from x2face_core.networks.dims import PRESETS
    from x2face_core.training.engine import Length
    from x2face_core.training.recipes import RECIPES, with_settings
    from x2face_core.training.session import Plan

    recipe = RECIPES[given["recipe"]]
    recipe = replace(recipe, preset=given["preset"] or recipe.preset)
    recipe, dims = with_settings(recipe, PRESETS[recipe.preset], settings)
    length = Length(given["minutes"], given["steps"])
    return Plan(out, data, recipe, dims, length, fresh=not given["resume"], device=given["device"])


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {text}: expected KEY=VALUE, such as --set lr=0.0003.")
    return key, value


class _Shown:
    """A bar for reading and one for training, and a line at each evaluation and every hundred steps."""

    def __init__(self, bars: ExitStack, plan: Plan) -> None:
        self.plan = plan
        self.reading = screen.stages(bars, "clips")
        self.training = screen.stages(bars, "steps")

    def report(self, report: Report) -> None:
        state = report.state
        total = self.plan.length.steps or round(state.step / max(report.progress, 1e-6))
        self.training("training", state.step, total)
        if report.held or state.step % 100 == 0:
            screen.note(_line(report))


def _line(report: Report) -> str:
    state = report.state
    rate = state.samples / max(state.seconds, 1e-9)
    parts = [f"step {state.step}", f"{state.seconds / 60:.1f} min", f"{rate:.1f} samples/s"]
    parts += [f"{name} {value:.4f}" for name, value in {**report.losses, **(report.held or {})}.items()]
    return "  ".join(parts)

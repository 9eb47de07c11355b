"""Common parts of the training commands: options, length, settings, and display of progress and result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import screen
from x2face_cli.values import WholeRange, minutes
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.training.checkpoint import RunState
    from x2face_core.training.engine import Length, Report

_OPTIONS = (
    click.option("--minutes", type=minutes(), help="Minutes of training, over all parts of the run."),
    click.option("--steps", type=WholeRange(1), help="Training steps, over all parts of the run."),
    click.option(
        "--resume/--fresh", default=True, show_default=True, help="Go on from OUT's checkpoint, or start over."
    ),
    click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override a field of the recipe or of the networks' sizes; repeatable.",
    ),
)


def training_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every training command: length, resuming, device and settings."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), function)


def settings_of(given: Mapping[str, Any]) -> dict[str, str]:
    """The settings from the options --set."""
    return dict(pair(text) for text in given["settings"])


def displayed(length: Length, run: Callable[[TrainingDisplay], RunState]) -> RunState:
    """Train with progress on the screen; under torchrun only the first process prints."""
    if _rank():
        screen.set_verbosity(-1)
    with ExitStack() as bars:
        return run(TrainingDisplay(bars, length))


def show_result(state: RunState, figures: Mapping[str, str], path: Path) -> None:
    """Print the latest held-out figures of a run, and the path of its weights.

    figures: names as printed, by names in the history; the first decides which row is the latest
    """
    latest = next((row for row in reversed(state.history) if next(iter(figures)) in row), {})
    parts = [f"{name} {latest[key]:.4f}" for key, name in figures.items() if key in latest]
    if parts:
        screen.note(f"on people it has not seen: {', '.join(parts)}")
    if not _rank():
        screen.result(path)


def _rank() -> int:
    return int(os.environ.get("RANK", "0"))


def length_of(given: Mapping[str, Any]) -> Length:
    """The Length from the options minutes and steps, one of which is None."""
    if (given["minutes"] is None) == (given["steps"] is None):
        raise UsageError("say how long to train: --minutes M or --steps N, one of them.")
    from x2face_core.training.engine import Length

    return Length(given["minutes"], given["steps"])


def pair(text: str) -> tuple[str, str]:
    """Split KEY=VALUE."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {text}: expected KEY=VALUE, such as --set lr=0.0003.")
    return key, value


class TrainingDisplay:
    """Progress bars for reading and training, and a line at each evaluation and every hundred steps."""

    def __init__(self, bars: ExitStack, length: Length) -> None:
        self.length = length
        self.reading = screen.stages(bars, "clips")
        self.training = screen.stages(bars, "steps")

    def report(self, report: Report) -> None:
        state = report.state
        total = self.length.steps or round(state.step / max(report.progress, 1e-6))
        self.training("training", state.step, total)
        if report.held_out or state.step % 100 == 0:
            screen.note(_line(report))


def _line(report: Report) -> str:
    state = report.state
    rate = state.samples / max(state.seconds, 1e-9)
    parts = [f"step {state.step}", f"{state.seconds / 60:.1f} min", f"{rate:.1f} samples/s"]
    parts += [] if report.mfu is None else [f"mfu {report.mfu:.1%}"]
    parts += [f"{name} {value:.4f}" for name, value in {**report.losses, **(report.held_out or {})}.items()]
    return "  ".join(parts)

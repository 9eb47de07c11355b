"""Common parts of the training commands: length, settings, and display of progress."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from x2face_cli import screen
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.training.engine import Length, Report


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

"""Checks of `x2face doctor --engines`: what is installed, whether it passes, and how fast it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from x2face_cli.findings import Finding, ok, warn

if TYPE_CHECKING:
    from x2face_core.engines.trial import Trial


def check_engines(weights: str | None) -> Iterator[tuple[Finding, Trial | None]]:
    """Findings of all engines and precisions, each with its trial, and of what auto takes. WeightsError."""
    from x2face_core.engines.choosing import candidates, fastest, try_all
    from x2face_core.engines.interface import rendering_threads
    from x2face_core.model import X2Face

    model = X2Face.load(weights, device="cpu", dtype="fp32")
    threads = rendering_threads(model.is_light)
    trials = try_all(model.networks, model.info.sha256, threads=threads)
    yield ok("weights", f"{model.name}, {threads} threads"), None
    for trial in trials:
        yield _tried(trial), trial
    yield from ((finding, None) for finding in _missing())
    engine, precision = fastest(trials, candidates("auto", "auto"))
    yield ok("engine auto", f"takes {engine} in {precision}"), None


def _tried(trial: Trial) -> Finding:
    name = f"{trial.engine} {trial.precision}"
    if trial.error:
        return warn(name, trial.error, "auto leaves it out")
    speed = f"{trial.fps:.0f} frames/s, {trial.ratio:.2f} times torch fp32"
    if trial.engine == "torch" and trial.precision == "fp32":
        return ok(name, f"the reference; {speed}")
    same = f"{trial.psnr:.1f} dB, worst frame {trial.worst:.1f} dB"
    if trial.passes:
        return ok(name, f"{same} (at least {trial.tolerance:.0f}); {speed}")
    return warn(name, f"{same}, less than {trial.tolerance:.0f}; {speed}", "auto leaves it out")


def _missing() -> Iterator[Finding]:
    """What is not installed, and the extra that brings it."""
    from x2face_core.engines.interface import ENGINES, OFFERS, require
    from x2face_core.errors import MissingError

    for name in ENGINES:
        for precision in OFFERS[name]:
            try:
                require(name, precision)
            except MissingError as error:
                says, _, remedy = str(error).partition("; ")
                yield warn(f"{name} {precision}", says, remedy.rstrip("."))

"""The networks alone by each engine and precision, beside the released way, in turn in one run."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import torch

from speed import processes
from speed.driving import random_weights
from speed.reference import released_frame
from x2face_core.engines import samples
from x2face_core.engines.choosing import Candidate, candidates
from x2face_core.model import X2Face
from x2face_core.networks.dims import PRESETS
from x2face_core.networks.x2face import X2FaceNetworks

Rows = list[list[str]]
BATCH = 8
ROUNDS = {"light": 7, "paper": 3}
RELEASED, UNFOLDED = "released way", "torch fp32, networks not folded"


def rows(folder: Path) -> Rows:
    """A row a way: dB of the frames, frames a second by both presets, and how many times the released way's."""
    quality = decibels()
    with one_thread():
        light, paper = (
            measure(preset, candidates("auto", "auto"), weights, ROUNDS[preset])
            for preset, weights in (("light", None), ("paper", random_weights("paper", folder)))
        )
    return [[name, *quality.get(name, ("", "")), *_speed(name, light), *_speed(name, paper)] for name in light]


def _speed(name: str, figures: dict[str, float]) -> list[str]:
    return [f"{figures[name]:.1f}", f"{figures[name] / figures[RELEASED]:.1f}"]


def decibels() -> dict[str, tuple[str, str]]:
    """PSNR of all frames and of the worst one, by engine and precision, as `x2face doctor --engines` says."""
    told = json.loads(processes.measured(*processes.X2FACE, "doctor", "--engines", "--json").printed)
    trials = [one["trial"] for one in told if one["trial"]]
    return {
        f"{one['engine']} {one['precision']}": (f"{one['psnr']:.1f}", f"{one['worst']:.1f}")
        for one in trials
        if (one["engine"], one["precision"]) != ("torch", "fp32")
    }


@torch.inference_mode()
def measure(preset: str, ways: list[Candidate], weights: Path | None, rounds: int) -> dict[str, float]:
    """Frames a second by name: the median of the rounds, in each of which all have their turn.

    weights: of this preset; None: the default ones
    Seconds are of the processor, so that other programs do not count.
    """
    pictures = samples.driving_pictures(PRESETS[preset].side)[:BATCH]
    calls: dict[str, tuple[Callable[[], object], int]] = {
        RELEASED: (released_frame(), 1),
        UNFOLDED: (_unfolded(preset, pictures), BATCH),
    }
    for engine, precision in ways:
        calls[f"{engine} {precision}"] = (_ours(weights, engine, precision, pictures), BATCH)
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, (call, frames) in calls.items():
            started = time.process_time()
            call()
            spent[name].append((time.process_time() - started) / frames)
    return {name: 1 / median(seconds[1:]) for name, seconds in spent.items()}  # the first round warms up


def _unfolded(preset: str, pictures: torch.Tensor) -> Callable[[], object]:
    networks, texture = X2FaceNetworks(PRESETS[preset]).eval(), samples.portrait()
    return lambda: networks.render(texture, networks.encode(pictures))


def _ours(weights: Path | None, engine: str, precision: str, pictures: torch.Tensor) -> Callable[[], object]:
    model = X2Face.load(weights, device="cpu", dtype=precision, engine=engine)
    face = model.embed(samples.portrait())
    return lambda: model.render(face, model.encode(pictures))


@contextmanager
def one_thread() -> Iterator[None]:
    """A context in which torch and engines use one thread."""
    threads, before = torch.get_num_threads(), os.environ.get("OMP_NUM_THREADS")
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"  # so that light networks leave no core to anything else
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        del os.environ["OMP_NUM_THREADS"]
        if before is not None:
            os.environ["OMP_NUM_THREADS"] = before

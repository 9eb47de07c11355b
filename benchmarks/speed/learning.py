"""Preparation of films and training, beside the released way."""

from __future__ import annotations

from pathlib import Path

import torch

from speed import processes, reference
from speed.inputs import FPS, Inputs
from x2face_core.media.images import write_picture
from x2face_core.media.video import read_frames
from x2face_core.training.checkpoint import CHECKPOINT, RunState, load_checkpoint

Rows = list[list[str]]
PEOPLE, SECONDS = 4, 5.0
STEPS = {"light": 8, "paper": 2}
STEPS_ON_A_GPU = 300
BATCH = {"light": 32, "paper": reference.BATCH}
BATCH_ON_A_GPU = {"light": 256, "paper": 32}


def preparation(inputs: Inputs) -> Rows:
    """Frames a second of `x2face prepare`, its start included, and of a loop of dlib a frame."""
    films, loose = inputs.folder_of_films(PEOPLE, SECONDS), inputs.folder / "loose"
    loose.mkdir(exist_ok=True)
    frames = round(PEOPLE * SECONDS * FPS)
    before = reference.preparation_fps(films / "person0.mp4", loose)
    cost = processes.measured(*processes.X2FACE, "prepare", films, inputs.folder / "tracks", "-q")
    slow = (before + reference.preparation_fps(films / "person0.mp4", loose)) / 2
    ours = frames / cost.wall
    return [["x2face prepare", f"{ours:.0f}", f"{slow:.1f}", f"{ours / slow:.1f}", f"{cost.peak:.0f}"]]


def training(inputs: Inputs) -> Rows:
    """Pairs a second of `x2face train --recipe photometric`, as the run itself tells, and of the released loop.

    `preparation` has to be first. The loop is measured before, between and after the presets.
    """
    pictures, device = _pictures(inputs), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rows, after = [], reference.training_rate(pictures, device)
    for preset in STEPS:
        before = after
        state, cost = _train(inputs, preset, device)
        after = reference.training_rate(pictures, device)
        slow = (before + after) / 2
        rate, mfu = (state.history[-1][name] for name in ("samples_per_second", "mfu"))
        label = f"preset {preset}, {state.recipe['dtype']}, batches of {state.recipe['batch']}, {device.type}"
        rows.append([label, f"{rate:.1f}", f"{slow:.2f}", f"{rate / slow:.1f}", f"{mfu:.0%}", f"{cost.peak:.0f}"])
    return rows


def _train(inputs: Inputs, preset: str, device: torch.device) -> tuple[RunState, processes.Cost]:
    """What the run says of itself in its checkpoint, and what the process took."""
    gpu = device.type == "cuda"
    steps, batch = (STEPS_ON_A_GPU, BATCH_ON_A_GPU[preset]) if gpu else (STEPS[preset], BATCH[preset])
    out = inputs.folder / f"run-{preset}"
    line: list[str | Path] = ["train", out, "--data", inputs.folder / "tracks", "--recipe", "photometric"]
    line += ["--preset", preset, "-q", "--steps", str(steps), "--fresh", "--device", device.type]
    line += ["--set", f"batch={batch}", "--set", "every=25"]
    cost = processes.measured(*processes.X2FACE, *line)
    return load_checkpoint(out / CHECKPOINT)[1], cost


def _pictures(inputs: Inputs) -> list[Path]:
    folder = inputs.folder / "pictures"
    folder.mkdir(exist_ok=True)
    for number, picture in enumerate(read_frames(inputs.film(1, 320, 240))):
        write_picture(folder / f"{number}.jpg", picture)
    return sorted(folder.iterdir())

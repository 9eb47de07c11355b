"""Preparation of films and training, beside the released way."""

from __future__ import annotations

from pathlib import Path

from speed import processes, reference
from speed.inputs import FPS, Inputs
from x2face_core.media.images import write_picture
from x2face_core.media.video import read_frames

Rows = list[list[str]]
PEOPLE, SECONDS = 4, 5.0
STEPS = {"light": (2, 12), "paper": (1, 2)}
BATCH = {"light": 32, "paper": reference.BATCH}


def preparation(inputs: Inputs) -> Rows:
    """Frames a second of `x2face prepare`, its start included, and of a loop of dlib a frame."""
    films, out, loose = inputs.folder_of_films(PEOPLE, SECONDS), inputs.folder / "tracks", inputs.folder / "loose"
    loose.mkdir(exist_ok=True)
    frames = round(PEOPLE * SECONDS * FPS)
    before = reference.preparation_fps(films / "person0.mp4", loose)
    cost = processes.measured(*processes.X2FACE, "prepare", films, out, "-q")
    slow = (before + reference.preparation_fps(films / "person0.mp4", loose)) / 2
    ours = frames / cost.wall
    return [["x2face prepare", f"{ours:.0f}", f"{slow:.1f}", f"{ours / slow:.1f}"]]


def training(inputs: Inputs) -> Rows:
    """Pairs a second of `x2face train --recipe photometric`, from the times of two lengths, and of the released loop.

    `preparation` has to be first.
    """
    pictures = _pictures(inputs)
    rows = []
    for preset, (few, many) in STEPS.items():
        before = reference.training_rate(pictures)
        spent = [_train(inputs, preset, steps).wall for steps in (few, many)]
        slow = (before + reference.training_rate(pictures)) / 2
        ours = BATCH[preset] * (many - few) / max(1e-9, spent[1] - spent[0])
        rows.append([f"preset {preset}", f"{ours:.1f}", f"{slow:.2f}", f"{ours / slow:.1f}"])
    return rows


def _train(inputs: Inputs, preset: str, steps: int) -> processes.Cost:
    line = ["train", inputs.folder / f"run-{preset}-{steps}", "--data", inputs.folder / "tracks", "-q"]
    how = ["--recipe", "photometric", "--preset", preset, "--steps", str(steps), "--fresh"]
    return processes.measured(*processes.X2FACE, *line, *how, "--set", f"batch={BATCH[preset]}")


def _pictures(inputs: Inputs) -> list[Path]:
    folder = inputs.folder / "pictures"
    folder.mkdir(exist_ok=True)
    for number, picture in enumerate(read_frames(inputs.film(1, 320, 240))):
        write_picture(folder / f"{number}.jpg", picture)
    return sorted(folder.iterdir())

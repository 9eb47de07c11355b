"""How fast each engine and precision makes frames, beside the released way, in one run and in turn.

    python benchmarks/engines.py [--preset light|paper] [--threads N] [--rounds N] [--json]

The released way: both networks of the preset paper, fp32, one frame at a time, the source embedded again for each.
Ours embed once, and encode, decode and warp frames of 256x256 in batches of eight. The preset light is the default
weights; paper is untrained, which takes as long. Figures are frames a second: the median of the rounds, in each of
which all have their turn. Seconds are of the processor, divided by the threads, so that other programs do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch

from x2face_core.engines import samples
from x2face_core.engines.choosing import candidates
from x2face_core.model import X2Face
from x2face_core.networks.dims import PRESETS
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import save_weights

BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=("light", "paper"), default="light")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    os.environ["OMP_NUM_THREADS"] = str(given.threads)  # so that light networks leave no core to anything else
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(given.preset, Path(folder), given.threads, given.rounds)
    if given.json:
        print(json.dumps({"load": os.getloadavg()[0], **figures}))
        return
    print(f"preset {given.preset}, {given.threads} threads, load {os.getloadavg()[0]:.1f}")
    for name, fps in figures.items():
        print(f"{name:34} {fps:9.1f} frames/s {fps / figures['released way']:7.1f} times the released way")


@torch.inference_mode()
def measure(preset: str, folder: Path, threads: int, rounds: int) -> dict[str, float]:
    """Frames a second by name."""
    weights = None if preset == "light" else _untrained(folder)
    pictures = samples.driving_pictures(PRESETS[preset].side)[:BATCH]
    calls: dict[str, tuple[Callable[[], object], int]] = {
        "released way": (_released(), 1),
        "unfolded torch fp32": (_unfolded(preset, pictures), BATCH),
    }
    for engine, precision in candidates("auto", "auto"):
        calls[f"{engine} {precision}"] = (_ours(weights, engine, precision, pictures), BATCH)
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 1):
        for name, (call, frames) in calls.items():
            started = time.process_time()
            call()
            spent[name].append((time.process_time() - started) / threads / frames)
    return {name: 1 / median(seconds[1:]) for name, seconds in spent.items()}  # the first round warms up


def _untrained(folder: Path) -> Path:
    torch.manual_seed(0)
    networks, path = X2FaceNetworks(PRESETS["paper"]), folder / "paper.safetensors"
    about = {"name": "paper", "preset": "paper", "dims": PRESETS["paper"].to_dict(), "parameters": {}}
    save_weights(path, networks.state_dict(), about)
    return path


def _released() -> Callable[[], object]:
    networks = X2FaceNetworks(PRESETS["paper"]).eval()
    source, driving = torch.rand(1, 3, 256, 256), torch.rand(1, 3, 256, 256)
    return lambda: networks(source, driving)


def _unfolded(preset: str, pictures: torch.Tensor) -> Callable[[], object]:
    networks, texture = X2FaceNetworks(PRESETS[preset]).eval(), samples.portrait()
    return lambda: networks.render(texture, networks.encode(pictures))


def _ours(weights: Path | None, engine: str, precision: str, pictures: torch.Tensor) -> Callable[[], object]:
    model = X2Face.load(weights, device="cpu", dtype=precision, engine=engine)
    face = model.embed(samples.portrait())
    return lambda: model.render(face, model.encode(pictures))


if __name__ == "__main__":
    main()

"""How fast x2face is here, each figure beside a reference measured in the same run.

    python benchmarks/run.py [--seconds 60] [--long 240] [--json]

The reference of driving is what the released code does: both networks of the preset `paper`, fp32, one frame at a
time, the source embedded again for every frame. Its weights are untrained, which takes as long.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch
from skimage.data import astronaut

from x2face_core.media.boxes import Box, crop
from x2face_core.media.images import write_picture
from x2face_core.media.video import read_frames
from x2face_core.media.writing import write_film
from x2face_core.model import X2Face
from x2face_core.networks.dims import PRESETS
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.pixels import to_pictures, to_tensor

HEAD = Path(__file__).parents[1] / "cli" / "x2face_lab" / "assets" / "demo" / "head.mp4"
X2FACE = [sys.executable, "-m", "x2face_cli"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of the film driven end to end")
    parser.add_argument("--long", type=float, default=240, help="of the film whose memory is watched; 0 skips it")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), given.seconds, given.long)
    if given.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:44} {value:10.2f}" for name, value in figures.items()))


def measure(folder: Path, seconds: float, long: float) -> dict[str, float]:
    source = folder / "source.png"
    write_picture(source, astronaut())
    figures = start_up()
    reference = reference_fps()
    ours = end_to_end(folder, source, seconds)[0]
    figures |= {"released way, frames/s": reference, "x2face run, frames/s": ours, "ratio": ours / reference}
    figures |= stages()
    figures |= {f"{name}, training samples/s": rate for name, rate in training().items()}
    if long:
        figures["peak memory of a short film, MiB"] = end_to_end(folder, source, 10)[1]
        figures[f"peak memory of {long:.0f} s of film, MiB"] = end_to_end(folder, source, long)[1]
    return figures


def start_up() -> dict[str, float]:
    """Seconds of wall time, the least of five."""
    lines = {
        "start: import click, pluggy, rich": [sys.executable, "-c", "import click, pluggy, rich"],
        "start: x2face drivers": [*X2FACE, "drivers"],
        "start: import torch": [sys.executable, "-c", "import torch"],
    }
    return {name: min(_wall(line) for _ in range(5)) for name, line in lines.items()}


def _wall(line: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(line, check=True, capture_output=True)
    return time.perf_counter() - started


@torch.inference_mode()
def reference_fps(frames: int = 12) -> float:
    networks = X2FaceNetworks(PRESETS["paper"]).eval()
    source, driving = torch.rand(1, 3, 256, 256), torch.rand(1, 3, 256, 256)
    networks(source, driving)
    return 1 / _each(lambda: networks(source, driving), frames)


def _each(call: Callable[[], object], times: int) -> float:
    """Seconds a call."""
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times


def end_to_end(folder: Path, source: Path, seconds: float) -> tuple[float, float]:
    """Frames a second of `x2face run`, start included, and its peak memory in MiB."""
    film, out = folder / f"driving-{seconds:.0f}.mp4", folder / f"out-{seconds:.0f}.mp4"
    if not film.exists():
        write_film(film, _looped(round(seconds * 25)), 25)
    line = [*X2FACE, "run", "-s", str(source), "--frame", str(film), "-o", str(out), "--overwrite", "-q"]
    code = f"""
import resource, subprocess, sys
subprocess.run({line!r}, check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    wall = time.perf_counter() - started
    return round(seconds * 25) / wall, float(done.stdout)


def _looped(frames: int) -> Iterator[np.ndarray]:
    """The demo's driving film forwards and backwards, on a wide background."""
    head = list(read_frames(HEAD))
    for picture in islice(cycle([*head, *head[::-1]]), frames):
        wide = np.full((480, 640, 3), 90, np.uint8)
        wide[120:376, 190:446] = picture
        yield wide


def stages(frames: int = 96) -> dict[str, float]:
    """Milliseconds a frame of each stage alone."""
    model = X2Face.load()
    wide = list(_looped(frames))
    box, batch = Box(190, 120, 256), 8
    small = to_tensor(crop(picture, box, model.dims.side) for picture in wide[:batch])
    face = model.embed(to_tensor([crop(wide[0], box, 256)]))
    vectors = model.encode(small)
    rendered = model.render(face, vectors)
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        written = _each(lambda: write_film(film, wide, 25), 1) / frames
        decoded = _each(lambda: list(read_frames(film)), 1) / frames
    seconds = {
        "decode 640x480": decoded,
        "crop": _each(lambda: crop(wide[0], box, model.dims.side), frames),
        "encode vectors": _each(lambda: model.encode(small), 12) / batch,
        "render 256x256": _each(lambda: model.render(face, vectors), 12) / batch,
        "to bytes": _each(lambda: to_pictures(rendered), 12) / batch,
        "write 640x480": written,
    }
    return {f"stage: {name}, ms": value * 1000 for name, value in seconds.items()}


def training(steps: int = 4) -> dict[str, float]:
    """A step of both networks, photometric loss, on random pictures: the preset light, and paper beside it."""
    kinds = {"light fp32": ("light", 32), "light bf16": ("light", 32), "paper fp32": ("paper", 4)}
    return {
        name: _training_rate(preset, batch, name.endswith("bf16"), steps) for name, (preset, batch) in kinds.items()
    }


def _training_rate(preset: str, batch: int, bf16: bool, steps: int) -> float:
    networks = X2FaceNetworks(PRESETS[preset]).to(memory_format=torch.channels_last)
    pictures = torch.rand(2, batch, 3, networks.dims.side, networks.dims.side)
    optimiser = torch.optim.AdamW(networks.parameters(), 1e-4)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = (networks(pictures[0], pictures[1]) - pictures[1]).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    step()
    return batch / _each(step, steps if preset == "light" else 1)


if __name__ == "__main__":
    main()

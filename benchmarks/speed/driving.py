"""Films end to end: beside the released way, by preset, engine and threads, and by what they are made of."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from speed import processes
from speed.inputs import FPS, SPEECH, Inputs
from speed.reference import driving_fps
from x2face_core.engines.interface import ENGINES, installed
from x2face_core.networks.dims import PRESETS
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import save_weights

Rows = list[list[str]]
PAPER_SHARE = 10  # a film by the preset paper is so many times shorter


def random_weights(preset: str, folder: Path) -> Path:
    """Untrained weights, which take as long as trained ones."""
    path = folder / f"{preset}-random.safetensors"
    if not path.exists():
        networks = X2FaceNetworks(PRESETS[preset])
        parts = networks.parameter_counts()
        described = {"name": f"{preset}-random", "preset": preset, "dims": networks.dims.to_dict(), "parameters": parts}
        save_weights(path, networks.state_dict(), described)
    return path


@dataclass(frozen=True)
class Way:
    """preset: or `default weights`; threads: None for what the machine has"""

    preset: str
    engine: str
    threads: int | None

    def words(self, folder: Path) -> list[str]:
        """Options of run."""
        weights = ["--weights", str(random_weights("paper", folder))] if self.preset == "paper" else []
        return [*weights, "--engine", self.engine]

    def label(self, dtype: str) -> str:
        threads = self.threads or os.cpu_count() or 1
        return f"{self.preset}, {self.engine} {dtype}, {threads} thread{'s' * (threads > 1)}"


def ways() -> Iterator[Way]:
    """Each way to drive: presets, engines that are installed, threads."""
    cores = os.cpu_count() or 1
    for preset in ("default weights", "paper"):
        for engine in ENGINES:
            if installed(engine):
                yield from (Way(preset, engine, threads if threads < cores else None) for threads in sorted({1, cores}))


def beside_the_released_way(inputs: Inputs, seconds: float) -> tuple[Rows, dict[str, float]]:
    """A row a way, and ratios to the released way by label; that is measured before and after each."""
    rows, ratios = [], {}
    for way in ways():
        length = max(0.4, seconds / PAPER_SHARE) if way.preset == "paper" else seconds
        words: list[str | Path] = ["-s", inputs.source(), *way.words(inputs.folder), "--json", "--frame"]
        # The first run by an engine tries all of them, and is not counted.
        processes.run(*words, inputs.film(0.2), out=inputs.folder, threads=way.threads)
        film = inputs.film(length)
        before = driving_fps()
        cost = processes.run(*words, film, out=inputs.folder, threads=way.threads)
        reference = (before + driving_fps()) / 2
        label = way.label(json.loads(cost.printed)["dtype"])
        frames = round(length * FPS)
        ratios[label] = frames / cost.wall / reference
        rows.append([
            label,
            f"{length:g} s",
            f"{frames / cost.wall:.1f}",
            f"{reference:.2f}",
            f"{ratios[label]:.1f}",
            f"{1e3 * cost.cpu / frames:.1f}",
            f"{cost.peak:.0f}",
        ])  # fmt: skip
    return rows, ratios


def kinds(inputs: Inputs, seconds: float) -> Iterator[tuple[str, list[str | Path], float]]:
    """Label, words of run, and seconds of film, of what a run may be made of."""
    one: list[str | Path] = ["-s", inputs.source()]
    film = inputs.film(seconds)
    yield "film of 640x480", [*one, "--frame", film], seconds
    for width, height in ((320, 240), (1280, 720), (1920, 1080)):
        yield f"film of {width}x{height}", [*one, "--frame", inputs.film(seconds, width, height)], seconds
    for count in (2, 4):
        several: list[str | Path] = [word for k in range(count) for word in ("-s", inputs.source(k))]
        yield f"{count} sources", [*several, "--frame", film], seconds
    yield "2 drivers: film, pose", [*one, "--frame", film, "--pose-yaw", "-10:10"], seconds
    more = ["--pose-yaw", "-10:10", "--idle"]
    yield "3 drivers: film, pose, idle", [*one, "--frame", film, *more], seconds
    yield "512x512 out (--size)", [*one, "--frame", film, "--size", "512"], seconds
    yield "side by side (--compare)", [*one, "--frame", film, "--compare"], seconds
    large: list[str | Path] = ["-s", inputs.large_source()]
    yield "into a photograph of 1920x1080 (--paste-back)", [*large, "--frame", film, "--paste-back"], seconds
    yield "speech (--audio)", [*one, "--audio", SPEECH], 7.3
    yield "pose (--pose-yaw)", [*one, "--pose-yaw", "-20:20", "--pose-seconds", f"{seconds:g}"], seconds


def by_kind(inputs: Inputs, seconds: float) -> Rows:
    """A row a kind of run: frames a second, processor time a frame, peak memory."""
    return [
        _row(label, processes.run(*words, out=inputs.folder), length) for label, words, length in kinds(inputs, seconds)
    ]


def by_length(inputs: Inputs, lengths: list[float]) -> Rows:
    """A row a length of film."""
    rows = []
    for length in lengths:
        cost = processes.run("-s", inputs.source(), "--frame", inputs.film(length), out=inputs.folder)
        rows.append(_row(f"{length:g} s", cost, length))
    return rows


def _row(label: str, cost: processes.Cost, seconds: float) -> list[str]:
    frames = round(seconds * FPS)
    return [label, f"{cost.wall:.2f}", f"{frames / cost.wall:.0f}", f"{cost.cpu:.2f}", f"{cost.peak:.0f}"]


def start_up(inputs: Inputs) -> Rows:
    """A row a command: wall time and processor time, each the quickest of two."""
    film, x2face = inputs.film(0.2), processes.X2FACE
    lines: dict[str, list[str | Path]] = {
        "x2face --help": [*x2face, "--help"],
        "x2face drivers": [*x2face, "drivers"],
        "python -c 'import torch'": [x2face[0], "-c", "import torch"],
        "x2face run, a film of 0.2 s": [
            *x2face, "run", "-q", "-s", inputs.source(), "--frame", film, "-o", inputs.folder / "s.mp4", "--overwrite"
        ],
    }  # fmt: skip
    rows = []
    for label, line in lines.items():
        cost = processes.measured(*line, attempts=2)
        rows.append([label, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.peak:.0f}"])
    first = min(processes.first_frame(inputs.source(), film, inputs.folder) for _ in range(2))
    return [*rows, ["its first frame", f"{first:.2f}", "", ""]]

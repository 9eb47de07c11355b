"""How fast x2face is on this machine, each figure beside a reference measured in the same run.

    python benchmarks/run.py [--seconds 60] [--long 240] [--only SECTION]... [-o docs/performance.md]

Sections: released, engines, start, stages, kinds, lengths, learning, roofline, gpu; all by default, about a quarter of
an hour on two idle cores. Without -o the page is printed. The page is written after each section, and of a page that is
there, sections that are not measured anew stay: a run that was stopped goes on with those that lack, by --only. The
section gpu is left out where torch finds no CUDA; on such a machine the section learning trains on the GPU.
Stages alone, with pytest-benchmark's own options (such as --benchmark-compare): `pytest benchmarks/stages`.

The reference of driving is what the released code does: both networks of the preset `paper`, fp32, one frame at a
time, the source embedded again for every frame. Its weights are untrained, which takes as long.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch
from speed import driving, engines, gpu, learning, machine, roofline, stages
from speed.inputs import Inputs
from speed.page import Page
from speed.reference import BATCH


@dataclass(frozen=True)
class Settings:
    """seconds: of the films that are driven; long: of the longest film, whose memory is watched"""

    inputs: Inputs
    seconds: float
    long: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of the film driven end to end")
    parser.add_argument("--long", type=float, default=240, help="of the longest film, whose memory is watched")
    parser.add_argument("--only", action="append", choices=list(SECTIONS), help="a section; again for several")
    parser.add_argument("-o", "--output", type=Path, help="file for the page, in Markdown")
    given = parser.parse_args()
    page = Page("Speed and memory", opening(), conditions=conditions)
    if given.output is not None and given.output.exists():
        page.keep(given.output.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Inputs(Path(folder)), given.seconds, given.long)
        for name in given.only or SECTIONS:
            started = time.monotonic()
            SECTIONS[name](page, settings)
            print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
            if given.output is not None:
                given.output.write_text(str(page), encoding="utf-8")
    if given.output is None:
        print(page)


def opening() -> list[str]:
    """What the page says first: the command and the machine."""
    described = "\n".join(f"- {name}: {value}" for name, value in machine.describe().items())
    return [
        "Written by `python benchmarks/run.py -o docs/performance.md`, not by hand. Ratios compare measurements of the "
        "same run that alternate; on a machine with other work to do, only they and processor time mean anything.",
        described,
    ]


def conditions() -> str:
    """When and how a section was measured, and by which versions of engines: sections may be of several runs."""
    load = os.getloadavg()[1]
    words = " ".join(sys.argv[1:])
    by = ", ".join(machine.versions(machine.ENGINES))
    return f"*{date.today().isoformat()}, `{words}`, load over five minutes {load:.1f}; {by}.*"


def released(page: Page, settings: Settings) -> None:
    rows, ratios = driving.beside_the_released_way(settings.inputs, settings.seconds)
    head = ["weights, engine, threads", "film", "frames/s", "released way", "ratio", "CPU ms/frame", "peak MiB"]
    best = max(ratios, key=lambda label: ratios[label])
    page.section(
        "Beside the released way", head, rows,
        "`x2face run` from its start to the whole file: a film of 640x480 pixels is read, its face found, and a film "
        "of 256x256 written. The released way is both networks of the preset `paper` for each frame, in fp32 by torch, "
        "without reading or writing anything; it is measured before and after each row, with all cores. Engines take "
        "the precision that they take by themselves.",
        f"Highest ratio: {ratios[best]:.0f} ({best}).",
    )  # fmt: skip


def by_engine(page: Page, settings: Settings) -> None:
    page.section(
        "Engines",
        ["", "dB", "worst frame", "light: frames/s", "times", "paper: frames/s", "times the released way"],
        engines.rows(settings.inputs.folder),
        "The networks alone, one thread: frames of 256x256 encoded, decoded and warped in batches of eight, seconds of "
        "the processor, all in turn. Light is the default weights; paper is untrained, which takes as long. The "
        "released way: both networks of the preset `paper` in fp32, the source embedded again for each frame. dB: PSNR "
        "of the default weights' frames against those of torch in fp32 (`x2face doctor --engines`).",
    )  # fmt: skip


def on_a_gpu(page: Page, settings: Settings) -> None:
    if not torch.cuda.is_available():
        ways = gpu.dry_run()
        page.remark(
            "GPU",
            f"Not measured: torch finds no CUDA here. A dry run of its {ways} ways that a CPU has, by small networks, "
            "went through.",
        )
        return
    page.section(
        "GPU", ["networks", "batch", "frames/s", "ms a batch", "share of peak"], gpu.rows(torch.device("cuda")),
        "Frames of 256x256 encoded, decoded and warped, all on the GPU. The peak is that of a product of matrices in "
        "the same number format.",
    )  # fmt: skip


def start(page: Page, settings: Settings) -> None:
    head = ["command", "wall s", "CPU s", "peak MiB"]
    page.section("Start", head, driving.start_up(settings.inputs), "The quickest of two, files in the disk's cache.")


def by_stage(page: Page, settings: Settings) -> None:
    cores = os.cpu_count() or 1
    page.section(
        "Stages",
        ["group", "stage", "CPU, 1 thread: median", "least", f"wall, {cores} threads: median", "least"],
        stages.rows(settings.inputs.folder, cores),
        "Milliseconds a frame, of processor time with one thread of torch and of wall time with all, default weights, "
        "batches of 8 (`pytest benchmarks/stages`). A frame of a film passes finding the face, decoding and cropping, "
        "encoding, decoding the flow, warping, conversion and writing; encoding and rendering take a batch on each "
        "core.",
    )  # fmt: skip


def kinds(page: Page, settings: Settings) -> None:
    head = ["run", "wall s", "frames/s", "CPU s", "peak MiB"]
    length = min(settings.seconds, 20)
    page.section(
        "Kinds of runs", head, driving.by_kind(settings.inputs, length),
        f"{length:g} s of film at 25 frames/s each (speech: 7.3 s), the start included; 256x256 pixels, or as large as "
        "the photograph with `--paste-back`.",
    )  # fmt: skip


def lengths(page: Page, settings: Settings) -> None:
    chosen = [10.0, settings.seconds, settings.long]
    page.section(
        "Length of film", ["film", "wall s", "frames/s", "CPU s", "peak MiB"],
        driving.by_length(settings.inputs, sorted(set(chosen))),
        "Memory does not grow with the film but for 512 bytes a frame, its driving vectors.",
    )  # fmt: skip


def learned(page: Page, settings: Settings) -> None:
    page.section(
        "Preparation", ["", "frames/s", "dlib a frame, frames/s", "ratio", "peak MiB"],
        learning.preparation(settings.inputs),
        f"{learning.PEOPLE} films of {learning.SECONDS:g} s, 640x480, to cropped clips, beside a loop that runs dlib's "
        "detector on each frame as its example does, enlarged once, and saves a picture.",
    )  # fmt: skip
    page.section(
        "Training", ["", "pairs/s", "released loop, pairs/s", "ratio", "share of peak", "peak MiB"],
        learning.training(settings.inputs),
        "`x2face train --recipe photometric`, as the run tells of itself: pairs a second, and the share of a product "
        "of matrices in the same number format (three times the FLOPs of the forward pass). Beside it a restatement of "
        "the released loop: the preset `paper` in fp32, pictures read from files for each pair, SGD, "
        f"{BATCH} pairs a step, before and after each. A GPU for minutes: `benchmarks/gpu_train.sh`.",
    )  # fmt: skip


def roof(page: Page, settings: Settings) -> None:
    both = torch.get_num_threads()
    for threads in sorted({1, both}):
        torch.set_num_threads(threads)
        peak, half, bandwidth = machine.peak_flops(), machine.peak_flops(torch.bfloat16), machine.peak_bytes()
        head = ["network", "GFLOP as trained", "GFLOP here", "MB", "ms", "bound in ms", "share of peak"]
        page.section(
            f"Roofline, {threads} thread{'s' * (threads > 1)}", head, roofline.rows(peak, bandwidth),
            f"Peak by a product of matrices: {peak / 1e9:.0f} GFLOP/s in fp32, {half / 1e9:.0f} in bf16; by a copy: "
            f"{bandwidth / 1e9:.1f} GB/s. For each picture in a batch (light 8, paper 2), fp32: arithmetic of the "
            "networks as trained and as folded for inference, bytes that layers read and write if nothing stayed in "
            "the cache, time, and the least time that peak and copy allow. A share counts the arithmetic that is done.",
        )  # fmt: skip
    torch.set_num_threads(both)


SECTIONS: dict[str, Callable[[Page, Settings], None]] = {
    "released": released,
    "engines": by_engine,
    "start": start,
    "stages": by_stage,
    "kinds": kinds,
    "lengths": lengths,
    "learning": learned,
    "roofline": roof,
    "gpu": on_a_gpu,
}

if __name__ == "__main__":
    main()

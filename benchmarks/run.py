"""How fast x2face is on this machine, each figure beside a reference measured in the same run.

    python benchmarks/run.py [--seconds 60] [--long 240] [--only SECTION]... [-o docs/performance.md]

Sections: released, start, stages, kinds, lengths, learning, roofline; all by default. Without -o the page is printed;
of a page that is there, sections that are not measured anew stay.
Stages alone, with pytest-benchmark's own options (such as --benchmark-compare): `pytest benchmarks/stages`.

The reference of driving is what the released code does: both networks of the preset `paper`, fp32, one frame at a
time, the source embedded again for every frame. Its weights are untrained, which takes as long.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch
from speed import driving, learning, machine, roofline, stages
from speed.inputs import Inputs
from speed.page import Page


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
            print(f"{name} …", file=sys.stderr)
            SECTIONS[name](page, settings)
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
    """When and how a section was measured."""
    load = os.getloadavg()[1]
    words = " ".join(sys.argv[1:])
    return f"*{date.today().isoformat()}, `{words}`, load over five minutes {load:.1f}.*"


def released(page: Page, settings: Settings) -> None:
    rows, ratios = driving.beside_the_released_way(settings.inputs, settings.seconds)
    head = ["weights, engine, threads", "film", "frames/s", "released way", "ratio", "CPU ms/frame", "peak MiB"]
    best = max(ratios, key=lambda label: ratios[label])
    page.section(
        "Beside the released way", head, rows,
        "`x2face run` from its start to the whole file: a film of 640x480 pixels is read, its face found, and a film "
        "of 256x256 written. The released way is both networks of the preset `paper` for each frame, in fp32 by torch, "
        "without reading or writing anything; it is measured before and after each row, with all cores.",
        f"Highest ratio: {ratios[best]:.0f} ({best}).",
    )  # fmt: skip


def start(page: Page, settings: Settings) -> None:
    head = ["command", "wall s", "CPU s", "peak MiB"]
    page.section("Start", head, driving.start_up(settings.inputs), "The quickest of two, files in the disk's cache.")


def by_stage(page: Page, settings: Settings) -> None:
    page.section(
        "Stages", ["group", "stage", "median", "least"], stages.rows(settings.inputs.folder),
        "Milliseconds of processor time a frame, one torch thread, default weights, batches of 8 "
        "(`pytest benchmarks/stages`). A frame of a film passes finding the face, decoding and cropping, encoding, "
        "decoding the flow, warping, conversion and writing; encoding and rendering take a batch on each core.",
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
    prepared = learning.preparation(settings.inputs)
    page.section(
        "Preparation", ["", "frames/s", "dlib a frame, frames/s", "ratio"], prepared,
        f"{learning.PEOPLE} films of {learning.SECONDS:g} s, 640x480, to cropped clips, beside a loop that runs dlib's "
        "detector on each frame as its example does, enlarged once, and saves a picture.",
    )  # fmt: skip
    page.section(
        "Training", ["", "pairs/s", "released loop, pairs/s", "ratio"], learning.training(settings.inputs),
        "`x2face train --recipe photometric` by the difference of two lengths, beside a restatement of the released "
        "loop: the preset `paper` in fp32, pictures read from files for each pair, batches of 8. "
        "On a GPU: `benchmarks/gpu_train.sh`, which prints samples a second and the share of the peak.",
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
    "start": start,
    "stages": by_stage,
    "kinds": kinds,
    "lengths": lengths,
    "learning": learned,
    "roofline": roof,
}

if __name__ == "__main__":
    main()

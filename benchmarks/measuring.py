"""`python benchmarks/measuring.py DATA [-o FILE] [--steps N] [--second N] [--renders N]`: the measuring network.

It learns pose, mouth, lids and gaze on the split train: on films, on photographs with heads turned and irises moved,
and on renders of the photographs by the default weights, N of each, measured by the face mesh (extra `landmarks`):
first the whole face, for --steps, then a second look at eyes and mouth, for --second steps. Every 200 steps it prints
the loss and, on films of val, the median over people of r within films, and writes the network, by default as the
packaged x2face_core/assets/measuring/measuring-2.safetensors.
"""

from __future__ import annotations

import argparse
import time
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from x2face_core.data.folder import FaceFolder
from x2face_core.files.placing import make_folders_above
from x2face_core.files.storing import write_tensors
from x2face_core.networks.measuring import MeasuringNetwork
from x2face_core.sources.measuring import WEIGHTS
from x2face_lab.measuring.gathering import gather
from x2face_lab.measuring.learning import judge, learn
from x2face_lab.measuring.objectives import SecondLook, WholeFace
from x2face_lab.measuring.rendering import render
from x2face_lab.measuring.varying import Batches
from x2face_plugins.session import Session

EVERY = 200
"""Steps between two lines."""


def main(given: argparse.Namespace) -> None:
    folder = FaceFolder(given.data)
    (films, photographs), (held, _) = gather(folder, "train"), gather(folder, "val")
    renders = render(folder, Session.load(), given.renders) if given.renders and photographs is not None else None
    sizes = [0 if part is None else len(part) for part in (films, photographs, renders, held)]
    print("{} frames, {} photographs, {} renders; {} frames of val".format(*sizes), flush=True)
    network = MeasuringNetwork()
    if given.start is not None:
        network.load_state_dict({name: value.float() for name, value in load_file(given.start).items()}, strict=False)
    dtype = torch.bfloat16 if given.bf16 else None
    # From near, irises that are moved in pictures of 128 pixels look it: gaze is then read less well (0.81 for 0.84).
    for objective, steps, looking in ((WholeFace, given.steps, 0.6), (SecondLook, given.second, 0.0)):
        batches = Batches(films, photographs, renders, looking=looking)
        losses, began = [], time.monotonic()
        for step, loss, averaged in learn(objective(network), batches, steps, dtype=dtype):
            losses.append(loss)
            if step % EVERY == 0 or step == steps:
                told = ", ".join(f"{one.name} {one.r:.3f}" for one in judge(objective.taught(averaged), held))
                minutes = (time.monotonic() - began) / 60
                print(
                    f"{objective.__name__} {step}, {minutes:.1f} minutes: loss {np.mean(losses):.3f}; {told}",
                    flush=True,
                )
                losses.clear()
                _write(averaged, given.output)
            if step == steps:
                network = deepcopy(averaged).requires_grad_(True)


def _write(network: MeasuringNetwork, output: Path) -> None:
    tensors = {n: v.half() if v.dim() > 1 else v for n, v in network.state_dict().items() if v.is_floating_point()}
    make_folders_above(output)
    write_tensors(output, {name: value.contiguous() for name, value in tensors.items()}, {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("-o", "--output", type=Path, default=WEIGHTS)
    parser.add_argument("--steps", type=int, default=8000, metavar="N")
    parser.add_argument("--second", type=int, default=4000, metavar="N")
    parser.add_argument("--renders", type=int, default=10, metavar="N")
    parser.add_argument("--from", dest="start", type=Path, metavar="FILE", help="A network to go on from.")
    parser.add_argument("--bf16", action="store_true", help="Where the processor multiplies in it.")
    given = parser.parse_args()
    if min(given.steps, given.second) < 0 or not given.steps + given.second:
        parser.error("--steps, --second: 0 or more, and one of them 1 at least.")
    main(given)

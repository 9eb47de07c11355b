"""`python benchmarks/matte.py DATA [-o FILE] [--epochs N]`: the network that finds the person in a crop.

It learns on the split train from masks of mediapipe (extra `landmarks`), prints after each epoch the mean intersection
over union with masks of mediapipe on val, and writes the network after the last one, by default as the packaged
x2face_core/assets/matte/matte-1.safetensors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from x2face_core.data.folder import FaceFolder
from x2face_core.files.placing import make_folders_above
from x2face_core.files.storing import write_tensors
from x2face_core.rendering.matting import WEIGHTS
from x2face_lab.matting import gather, learn, overlap


def main(data: Path, output: Path, epochs: int) -> None:
    folder = FaceFolder(data)
    labelled, held = gather(folder, "train"), gather(folder, "val")
    print(f"{len(labelled.pictures)} pictures of train, {len(held.pictures)} of val")
    for number, (learnt, loss) in enumerate(learn(labelled, epochs)):
        network = learnt
        print(f"epoch {number + 1}: loss {loss:.3f}, intersection over union on val {overlap(network, held):.3f}")
    make_folders_above(output)
    write_tensors(output, {name: value.half() for name, value in network.state_dict().items()}, {})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("-o", "--output", type=Path, default=WEIGHTS)
    parser.add_argument("--epochs", type=int, default=8, metavar="N")
    given = parser.parse_args()
    if given.epochs < 1:
        parser.error("--epochs: 1 at least.")
    main(given.data, given.output, given.epochs)

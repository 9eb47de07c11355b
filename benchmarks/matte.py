"""`python benchmarks/matte.py DATA [EPOCHS]`: the network that finds the person in a crop (extra `landmarks`).

It learns on the split train from masks of mediapipe, writes x2face_core/assets/matte/matte-1.safetensors, and prints
after each epoch the mean intersection over union with masks of mediapipe on val.
"""

from __future__ import annotations

import sys
from pathlib import Path

from safetensors.torch import save_file

from x2face_core.data.folder import FaceFolder
from x2face_core.rendering.matting import WEIGHTS
from x2face_lab.matting import gather, learn, overlap


def main(data: Path, epochs: int = 8) -> None:
    folder = FaceFolder(data)
    labelled, held = gather(folder, "train"), gather(folder, "val")
    for number, (network, loss) in enumerate(learn(labelled, epochs)):
        WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
        save_file({name: value.half() for name, value in network.state_dict().items()}, WEIGHTS)
        print(f"epoch {number + 1}: loss {loss:.3f}, intersection over union on val {overlap(network, held):.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))

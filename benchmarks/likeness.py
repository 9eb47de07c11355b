"""`python benchmarks/likeness.py DATA [WEIGHTS]`: what tells sources of different people, once for new weights.

It learns on the split train, writes x2face_core/assets/likeness/SPACE.safetensors and prints error rates on val.
"""

from __future__ import annotations

import sys
from pathlib import Path

from safetensors.torch import save_file

from x2face_core.data.folder import FaceFolder
from x2face_core.model import X2Face
from x2face_core.suitability.likeness import FOLDER
from x2face_lab.likeness import error_rates, gather, learn


def main(data: Path, weights: str | None = None) -> None:
    model, folder = X2Face.load(weights, device="cpu"), FaceFolder(data)
    learned = learn(gather(folder, "train", model))
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_file(
        {"mean": learned.mean.half(), "ways": learned.projection.half()}, FOLDER / f"{model.fingerprint}.safetensors"
    )
    held = gather(folder, "val", model)
    for name, films in (("films", True), ("photographs", False)):
        print(name, *error_rates(learned, held, films), sep="\n  ")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])

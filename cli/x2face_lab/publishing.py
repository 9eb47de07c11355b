"""Publishing weights: evaluates the weights of a run and stores them with a name and their figures.

python -m x2face_lab.publishing runs/first/weights.safetensors tracks/ light-2.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from x2face_core.model import X2Face
from x2face_core.training.sheets import write_sheet
from x2face_core.weights import WeightsInfo, load_weights, save_weights, verify
from x2face_lab.evaluation.evaluating import evaluate


def publish(weights: Path, data: Path, out: Path, sheet: Path | None = None) -> WeightsInfo:
    """Evaluate weights on a folder's test split, and write them under the name of the output file."""
    verify(weights)
    evaluation = evaluate(X2Face.load(weights), data)
    if sheet is not None and evaluation.moved:
        write_sheet(sheet, evaluation.sheet())
    return renamed(weights, out, evaluation.figures)


def renamed(weights: Path, out: Path, figures: dict[str, Any]) -> WeightsInfo:
    """Write the same tensors under another name, with additional figures."""
    info, tensors = load_weights(weights)
    described = {key: getattr(info, key) for key in ("preset", "dims", "parameters", "recipe", "data")}
    return save_weights(out, tensors, described | {"name": out.stem, "metrics": info.metrics | figures})


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure weights and write them where they ship.")
    parser.add_argument("weights", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sheet", type=Path, help="a contact sheet, to look at, not to ship")
    given = parser.parse_args()
    publish(given.weights, given.data, given.out, given.sheet)


if __name__ == "__main__":
    main()

"""`x2face evaluate`: measure weights on people whom training did not see."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from x2face_cli import screen
from x2face_core.errors import UsageError

_ROWS = (
    ("L1, one source", "l1_1"),
    ("L1, three sources", "l1_3"),
    ("L1 of copying one source", "copy_1"),
    ("L1 of copying three sources", "copy_3"),
    ("ratio to copying, one source", "ratio_1"),
    ("ratio to copying, three sources", "ratio_3"),
    ("gain of three sources over one", "gain_3"),
    ("PSNR, dB, one source", "psnr"),
    ("SSIM, one source", "ssim"),
)


@click.command()
@click.option("--data", type=click.Path(path_type=Path), envvar="X2FACE_DATA", help="Face tracks; or $X2FACE_DATA.")
@click.option("--split", type=click.Choice(["test", "val", "train"]), default="test", show_default=True)
@click.option("--weights", metavar="NAME|FILE", help="Weights; see `x2face weights list`.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="A folder for the contact sheet."
)
def evaluate(
    data: Path | None, split: Any, weights: str | None, device: str, as_json: bool, output: Path | None
) -> None:
    """Measure weights on people whom training did not see: fidelity (paper Table 1), motion across people, pose.

    \b
    x2face evaluate --data tracks
    x2face evaluate --data tracks --weights runs/first/weights.safetensors -o outputs/evaluation
    """
    if data is None:
        raise UsageError("say which face tracks to measure on: --data DIR (`x2face prepare` makes them).")
    from x2face_core.evaluation.evaluating import evaluate as measure
    from x2face_core.model import X2Face

    model = X2Face.load(weights, device=device)
    with ExitStack() as bars:
        found = measure(model, data, split, screen.stages(bars))
    if output is not None:
        _keep(output, found.figures, found.sheet() if found.moved else None)
    if as_json:
        screen.result_json(found.figures)
    else:
        screen.table(("measure", "value"), [(row, None) for row in _table(found.figures)])


def _table(figures: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [("clips, people", f"{figures['clips']}, {figures['people']}")]
    rows += [(label, f"{figures[key]:.4f}") for label, key in _ROWS]
    for name, r in figures.get("across", {}).items():
        slope = figures["across_slope"][name]
        rows.append((f"across people, {name}: r, slope ({figures['across_read_by']})", f"{r:.2f}, {slope:.2f}"))
    pose = figures.get("pose")
    if pose:
        for k, name in enumerate(("roll", "pitch", "yaw")):
            values = f"{pose['mae'][k]:.2f}, {pose['mae_of_mean'][k]:.2f}, {pose['r2'][k]:.2f}"
            rows.append((f"{name} read from v: MAE, that of the mean (degrees), R2", values))
    return rows


def _keep(folder: Path, figures: dict[str, Any], sheet: Any) -> None:
    from x2face_core.training.sheets import write_sheet

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if sheet is not None:
        write_sheet(folder / "across.png", sheet)

"""`x2face evaluate`: measure weights on people whom training did not see."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import screen
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.model import X2Face
    from x2face_lab.evaluation.evaluating import Evaluation


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
    """Measure weights and mappings on people whom training did not see.

    Fidelity (paper Table 1), motion across people, pose read (Table 2) and written, speech, shape of the face.

    \b
    x2face evaluate --data tracks
    x2face evaluate --data tracks --weights runs/first/weights.safetensors -o outputs/evaluation
    """
    if data is None:
        raise UsageError("say which face tracks to measure on: --data DIR (`x2face prepare` makes them).")
    from x2face_core.model import X2Face

    found = _measure(X2Face.load(weights, device=device), data, split)
    for note in found.notes:
        screen.note(note)
    if output is not None:
        _keep(output, found)
    if as_json:
        screen.result_json(found.figures)
    else:
        from x2face_lab.evaluation.measured import rows

        screen.table(("measure", "value"), [(row, None) for row in rows(found.figures)])


def _measure(model: X2Face, data: Path, split: Any) -> Evaluation:
    from x2face_lab.evaluation.evaluating import evaluate as measure
    from x2face_plugins.activating import delegate
    from x2face_plugins.mappings.loading import mapping_loader
    from x2face_plugins.registry import Registry

    registry = Registry.load()
    with ExitStack() as bars:
        return measure(
            model,
            data,
            split,
            screen.stages(bars),
            load_mapping=mapping_loader(registry, model.fingerprint, weights=model.info.path),
            load_driver=lambda name, settings: delegate(registry, name, settings),
        )


def _keep(folder: Path, found: Evaluation) -> None:
    from x2face_core.training.sheets import write_sheet

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(found.figures, indent=1), encoding="utf-8")
    if found.moved:
        write_sheet(folder / "across.png", found.sheet())

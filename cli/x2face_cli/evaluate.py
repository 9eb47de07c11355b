"""`x2face evaluate`: measures weights on held-out people."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from x2face_cli import options, screen
from x2face_cli.timing import Timing
from x2face_cli.values import ExpandedPath, Word
from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.data.tables import Split
    from x2face_lab.evaluation.evaluating import Evaluation
    from x2face_plugins.session import Session


FIGURES, SHEET = "figures.json", "across.png"


@click.command()
@click.option("--data", type=ExpandedPath(), envvar="X2FACE_DATA", help="Face tracks; or $X2FACE_DATA.")
@click.option("--split", type=click.Choice(["test", "val", "train"]), default="test", show_default=True)
@click.option("--weights", type=Word(), metavar="NAME|FILE", help="Weights; see `x2face weights list`.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Clips of each person, at most; all by default.")
@click.option(
    "--no-completion", is_flag=True, help="Do not fill in what no source shows, such as teeth behind closed lips."
)
@click.option("--raw", is_flag=True, help="Transfer motion across people as `run --frame-raw` does.")
@options.with_engine()
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-o", "--output", type=ExpandedPath(file_okay=False), help="A folder for the contact sheet.")
def evaluate(
    data: Path | None,
    split: Split,
    weights: str | None,
    limit: int | None,
    no_completion: bool,
    raw: bool,
    engine: str,
    device: str,
    as_json: bool,
    output: Path | None,
) -> None:
    """Measure weights and mappings on people whom training did not see.

    Fidelity (paper Table 1) by person, region and frame, motion across people, pose read (Table 2) and written, speech,
    shape of the face.

    \b
    x2face evaluate --data tracks
    x2face evaluate --data tracks --split val --limit 4 --weights runs/first/weights.safetensors -o outputs/evaluation
    """
    if data is None:
        raise UsageError("say which face tracks to measure on: --data DIR (`x2face prepare` makes them).")
    if output is not None:
        _check_folder(output)
    from x2face_plugins.session import Session

    screen.note(f"measuring on the split {split} of {data}, which takes minutes: each clip is driven and read again")
    session = Session.load(weights, device, engine=engine, completion=not no_completion)
    found = _measure(session, data, split, limit, raw=raw)
    for note in found.notes:
        screen.note(note)
    if output is not None:
        _keep(output, found)
    if as_json:
        screen.result_json(found.figures)
    else:
        from x2face_lab.evaluation.measured import rows

        screen.table(("measure", "value"), [(row, None) for row in rows(found.figures)])


def _measure(session: Session, data: Path, split: Split, limit: int | None, *, raw: bool) -> Evaluation:
    from x2face_lab.evaluation.evaluating import evaluate as measure

    with ExitStack() as bars:
        timing = Timing(screen.stages(bars))
        found = measure(
            session.model,
            data,
            split,
            timing,
            load_mapping=session.mapping,
            load_driver=session.delegate,
            limit=limit,
            raw=raw,
        )
    screen.note(f"measured in {timing.total()}")
    return found


def _check_folder(folder: Path) -> None:
    """UsageError if the folder cannot be written, or files of another kind would be replaced."""
    from x2face_core.rendering.outputs import resolve_folder

    resolve_folder(folder)
    for name in (FIGURES, SHEET):
        if (folder / name).exists() and not _is_evaluation(folder / FIGURES):
            raise UsageError(f"{folder / name} is there and not of an earlier evaluation; choose another folder.")


def _is_evaluation(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"clips", "people"} <= content.keys()


def _keep(folder: Path, found: Evaluation) -> None:
    from x2face_core.files.placing import make_folders_above
    from x2face_core.files.storing import write_text
    from x2face_core.training.sheets import write_sheet

    make_folders_above(folder / FIGURES)
    write_text(folder / FIGURES, json.dumps(found.figures, indent=1))
    if found.moved:
        write_sheet(folder / SHEET, found.sheet())

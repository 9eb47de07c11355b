"""`x2face check`: whether pictures and films are suitable inputs, and what to do if not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import options, screen
from x2face_cli.values import ExpandedPath
from x2face_core.bounds import LONGEST
from x2face_core.errors import X2FaceError
from x2face_core.files.ledger import noting
from x2face_plugins.run_options import SHORTEST

if TYPE_CHECKING:
    from x2face_core.model import X2Face
    from x2face_core.sources.portraits import Cropping
    from x2face_core.suitability.checking import Checked
    from x2face_core.suitability.findings import Finding

OPTIONS = [
    click.Argument(["inputs"], nargs=-1, required=True, type=ExpandedPath(), metavar="PICTURE|FILM…"),
    *options.own_options("crop", "face", "crop_scale"),
    click.Option(
        ["--seconds"],
        type=click.FloatRange(min=SHORTEST, max=LONGEST),
        metavar="FLOAT",
        help="Seconds of each film that are looked at, from its start; all by default.",
    ),
    click.Option(["--json", "as_json"], is_flag=True, help="One line of JSON."),
    *options.own_options("weights"),
    options.engine_option(),
    *options.own_options("device"),
]
_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(params=OPTIONS, context_settings={"help_option_names": ["-h", "--help"]})
@noting()
@click.pass_context
def check(ctx: click.Context, /, inputs: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Say whether pictures and films suit as sources and drivers, and how to improve those that do not.

    \b
    x2face check photo.jpg film.mp4

    The exit code is 0 where all files can be used, with or without warnings; otherwise it is that of `x2face run`.
    """
    from x2face_core.model import X2Face
    from x2face_core.sources.portraits import Cropping

    cropping = Cropping(given["crop"], given["crop_scale"], face=given["face"])
    model = X2Face.load(given["weights"], engine=given["engine"], device=given["device"])
    reports: list[dict[str, Any]] = []
    checked: list[Checked] = []
    for path in inputs:
        found = _checked(path, cropping, model, given["seconds"])
        reports.append(_report(path, found))
        checked += [] if isinstance(found, X2FaceError) else [found]
        if not as_json:
            _show(path, found)
    likeness = _likeness(checked, model)
    if as_json:
        usable = all(one["usable"] for one in reports)
        together = None if likeness is None else asdict(likeness)
        screen.result_json({"usable": usable, "inputs": reports, "together": together})
    elif likeness is not None:
        _table("together", [likeness])
    ctx.exit(next((one["exit_code"] for one in reports if one["exit_code"]), 0))


def _checked(path: Path, cropping: Cropping, model: X2Face, seconds: float | None) -> Checked | X2FaceError:
    from x2face_core.suitability.checking import check_input

    try:
        return check_input(path, cropping, model, seconds)
    except X2FaceError as error:
        return error


def _likeness(checked: list[Checked], model: X2Face) -> Finding | None:
    """Whether the pictures among the inputs show one person; None if that is not compared."""
    from x2face_core.suitability.same_person import same_person

    return same_person([one.portrait for one in checked if one.portrait is not None], model)


def _report(path: Path, found: Checked | X2FaceError) -> dict[str, Any]:
    """The JSON object of one input."""
    if isinstance(found, X2FaceError):
        return {"input": str(path), "usable": False, "exit_code": found.exit_code, "error": str(found), "findings": []}
    return {
        "input": str(path),
        "usable": True,
        "exit_code": 0,
        "error": None,
        "kind": found.kind,
        "size": list(found.size),
        "faces": found.faces,
        "box": [round(number, 2) for number in (found.box.x, found.box.y, found.box.side, found.box.side)],
        "findings": [asdict(one) for one in found.findings],
    }


def _show(path: Path, found: Checked | X2FaceError) -> None:
    if isinstance(found, X2FaceError):
        screen.error(str(found), found)
    else:
        _table(str(path), found.findings)


def _table(name: str, findings: list[Finding]) -> None:
    rows = [((one.status, one.name, one.says, one.remedy), _STYLES[one.status]) for one in findings]
    screen.result(name)
    screen.table(("", "of", "found", "what would help"), rows)

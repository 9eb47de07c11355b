"""`x2face table`: the tables of the paper, measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x2face_cli import options, screen
from x2face_cli.timing import Timing
from x2face_cli.values import ExpandedPath, WholeRange, Word
from x2face_core.errors import UsageError
from x2face_lab.comparison.names import METHODS

if TYPE_CHECKING:
    from x2face_core.data.folder import FaceFolder
    from x2face_core.data.tables import Split
    from x2face_core.model import X2Face
    from x2face_lab.tables.pose_sets import PoseSet
    from x2face_lab.tables.showing import Shown

HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=HELP)
def table() -> None:
    """Measure the figures of the paper's tables, and print them beside the paper's rows."""


@dataclass(frozen=True)
class Common:
    """Options that all tables have."""

    data: Path | None
    split: Split
    limit: int | None
    engine: str
    device: str
    as_json: bool

    @property
    def folder(self) -> FaceFolder:
        """The face tracks. UsageError if none are named."""
        from x2face_core.data.folder import FaceFolder

        if self.data is None:
            raise UsageError("say which face tracks to measure on: --data DIR (`x2face prepare` makes them).")
        return FaceFolder(self.data)

    def load(self, weights: str | None) -> X2Face:
        from x2face_core.model import X2Face

        return X2Face.load(weights, engine=self.engine, device=self.device)

    def show(self, found: dict[str, Any], note: str, rows_of: Callable[[Mapping[str, Any]], Shown]) -> None:
        """Print the figures as JSON, or a note on stderr and a table."""
        if self.as_json:
            screen.result_json(found)
            return
        screen.note(note)
        screen.table(*rows_of(found))


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of Common; it gets them as its first argument."""

    @wraps(command)
    def with_common(**given: Any) -> None:
        command(Common(**{one.name: given.pop(one.name) for one in fields(Common)}), **given)

    wrapped: Callable[..., None] = with_common
    shared = (
        click.option("--data", type=ExpandedPath(), envvar="X2FACE_DATA", help="Face tracks; or $X2FACE_DATA."),
        click.option("--split", type=click.Choice(["test", "val", "train"]), default="test", show_default=True),
        click.option(
            "--limit", type=click.IntRange(min=1), metavar="N", help="Clips of each person, at most; all by default."
        ),
        options.with_engine(),
        click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    )
    for option in reversed(shared):
        wrapped = option(wrapped)
    return wrapped


@table.command("1", context_settings=HELP, short_help="L1 with one and three sources, stage I and II.")
@click.option(
    "--weights", multiple=True, type=Word(), metavar="NAME|FILE", help="Weights; repeatable, those of stage I first."
)
@click.option("-o", "--output", type=ExpandedPath(file_okay=False), help="A new folder for every pair's pictures.")
@_common
def table_1(common: Common, weights: tuple[str, ...], output: Path | None) -> None:
    """L1 of held-out frames, generated from one and from three frames of their own clip (paper, Table 1).

    Every fifth frame is generated from the clip's first frame, and from its first, middle and last. Gains are over the
    first weights with one source. -o keeps what was measured: true and generated frames as PNG, and pairs.csv.

    \b
    x2face table 1 --data tracks
    x2face table 1 --data tracks --weights light-2 --weights runs/two/weights.safetensors --limit 4 -o outputs/table1
    """
    from x2face_lab.evaluation.tracks import clips_of
    from x2face_lab.tables import reconstruction
    from x2face_lab.tables.showing import rows_of_table_1

    clips = clips_of(common.folder, common.split, limit=common.limit)
    models = _models(weights, common)
    films = None if output is None else reconstruction.FilmFolder(_new_folder(output))
    with ExitStack() as bars:
        timing = Timing(screen.stages(bars))
        keep = {} if films is None else {"keep": films.keep}
        pairs = reconstruction.measure_pairs(models, clips, **keep, progress=partial(timing, "clips"))
    found = {**reconstruction.table_1(models, pairs), "split": common.split}
    if films is not None:
        films.write_pairs(pairs)
    note = f"{found['pairs']} pairs of {found['clips']} clips of {found['people']} people ({common.split})"
    common.show(found, note, rows_of_table_1)


def _models(weights: tuple[str, ...], common: Common) -> dict[str, X2Face]:
    """Models by name: that of the weights, or the path where two have the same."""
    given = weights or (None,)
    if len(set(given)) < len(given):
        raise UsageError(f"--weights {given[0]}: given twice; each of them once.")
    loaded = [common.load(one) for one in given]
    names = [model.info.name for model in loaded]
    shown = [name if names.count(name) == 1 else str(path) for name, path in zip(names, given, strict=True)]
    return {name.replace("/", "_"): model for name, model in zip(shown, loaded, strict=True)}


def _new_folder(path: Path) -> Path:
    from x2face_core.files.placing import make_folders_above
    from x2face_core.rendering.outputs import resolve_folder

    folder = resolve_folder(path)
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{path} is there and holds files; choose another folder.")
    make_folders_above(folder / "pairs.csv")
    return folder


@table.command("2", context_settings=HELP, short_help="How well the driving vector tells the head pose.")
@click.option("--weights", type=Word(), metavar="NAME|FILE", help="Weights; see `x2face weights list`.")
@click.option("--pictures", type=ExpandedPath(), help="A folder of pictures, instead of face tracks.")
@click.option("--poses", type=ExpandedPath(), help="Their poses: a CSV file with file,roll,pitch,yaw in degrees.")
@click.option(
    "--crop",
    type=click.Choice(["auto", "none"]),
    default="auto",
    show_default=True,
    help="Of pictures without a box: search for the face, or take the whole.",
)
@click.option(
    "--steps", type=WholeRange(1), default=1500, show_default=True, help="Training steps of the supervised network."
)
@_common
def table_2(
    common: Common, weights: str | None, pictures: Path | None, poses: Path | None, crop: str, steps: int
) -> None:
    """MAE of roll, pitch and yaw, read linearly from the driving vector (paper, Table 2).

    The linear map and, beside it, a compact supervised network learn from the split train and are tested on --split; or
    learn from pictures with a table of poses, of which a tenth, or those with the split test, are tested.

    \b
    x2face table 2 --data tracks
    x2face table 2 --pictures aflw/ --poses aflw.csv
    """
    from x2face_lab.tables import pose
    from x2face_lab.tables.showing import rows_of_table_2

    if (pictures is None) != (poses is None):
        raise UsageError("--pictures DIR and --poses FILE.csv belong together; give both.")
    model = common.load(weights)
    with ExitStack() as bars:
        timing = Timing(screen.stages(bars, "steps"))
        if pictures is not None and poses is not None:
            known, test = _of_pictures(pictures, poses, model, crop, timing)
        else:
            known, test = _of_tracks(common, model, timing)
        found = pose.table_2(model, known, test, steps, timing)
    note = f"{found['pictures']} pictures of {found['people']} people, learned from {found['learned_from']}"
    common.show(found, note, rows_of_table_2)


@table.command("baselines", context_settings=HELP, short_help="x2face beside CycleGAN and a landmark warp.")
@click.option("--weights", type=Word(), metavar="NAME|FILE", help="Weights; see `x2face weights list`.")
@click.option(
    "--people",
    type=WholeRange(2, 1000),
    default=4,
    show_default=True,
    help="Number of people, at most; they drive one another in pairs.",
)
@click.option(
    "--frames", type=WholeRange(10, 2000), default=75, show_default=True, help="Frames of each film, at most."
)
@click.option("--steps", type=WholeRange(1), default=1500, show_default=True, help="Training steps of each CycleGAN.")
@click.option("--models", type=ExpandedPath(file_okay=False), help="A folder that keeps the CycleGANs.")
@click.option("--method", "methods", multiple=True, type=click.Choice(METHODS), help="Only these; all by default.")
@_common
def table_baselines(
    common: Common,
    weights: str | None,
    people: int,
    frames: int,
    steps: int,
    models: Path | None,
    methods: tuple[str, ...],
) -> None:
    """Reconstruction, identity, jitter and pose followed, beside two baselines (paper, 5.2).

    Those whose heads turn most drive one another, in pairs. A CycleGAN is trained for each pair, on all of their films;
    the landmark warp moves the same source picture by the landmarks of the same frames.

    \b
    x2face table baselines --data tracks --split val --models outputs/cyclegans
    x2face table baselines --data tracks --method x2face --method warp
    """
    from x2face_baselines.cyclegan import CycleGANSettings
    from x2face_baselines.cyclegan_files import CycleGANFolder
    from x2face_lab.tables import baselines
    from x2face_lab.tables.showing import rows_of_baselines
    from x2face_plugins.session import Session

    asked = baselines.Asked(common.split, people, frames, common.limit, methods or METHODS)
    folder, session = common.folder, Session.load(weights, common.device, engine=common.engine)
    with ExitStack() as bars:
        timing = Timing(screen.stages(bars, "steps"))
        kept = CycleGANFolder(models, CycleGANSettings(steps=steps))
        found = baselines.table_of_baselines(session.model, folder, asked, kept, timing, session.mapping)
    for note in found["notes"]:
        screen.warn(note)
    note = f"{found['people']} people ({common.split}), {found['weights']}, pose read by the {found['read_by']}"
    common.show(found, note, rows_of_baselines)


def _of_pictures(pictures: Path, poses: Path, model: X2Face, crop: str, timing: Timing) -> tuple[PoseSet, PoseSet]:
    from x2face_lab.tables.pose_sets import pictures_sets

    progress = partial(timing, "pictures")
    side, scale = model.dims.side, model.dims.crop_scale
    known, test, lost = pictures_sets(pictures, poses, side, scale, search=crop == "auto", progress=progress)
    if lost:
        screen.warn(f"{lost} pictures are left out, since no face was found there; columns x,y,w,h would tell.")
    return known, test


def _of_tracks(common: Common, model: X2Face, timing: Timing) -> tuple[PoseSet, PoseSet]:
    from x2face_lab.tables.pose_sets import tracks_set

    if common.split == "train":
        raise UsageError("--split train: is what is learned from; test or val are to be tested on.")
    folder = common.folder
    known, test = (
        tracks_set(folder, part, model.dims.side, common.limit, partial(timing, f"reading {part}"))
        for part in ("train", common.split)
    )
    return known, test

"""Preparation of a whole folder, in one or several processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

from x2face_core import clusters
from x2face_core.data.folder import FaceFolder
from x2face_core.data.preparing.cropping import StillTask
from x2face_core.data.preparing.filming import SHORTEST, SMALLEST, FilmTask
from x2face_core.data.preparing.inputs import Inputs, list_inputs
from x2face_core.data.preparing.performing import Performer
from x2face_core.data.preparing.performing import Task as Performable
from x2face_core.data.preparing.records import Record, State, Still
from x2face_core.data.preparing.tables import Report, write_tables
from x2face_core.data.shards.places import Place, is_url
from x2face_core.data.shards.samples import Entry
from x2face_core.data.shards.writing import SIZE, write_shards
from x2face_core.errors import InputError, NoFaceError, UsageError
from x2face_core.files.faults import writing
from x2face_core.files.locking import locked

Task = FilmTask | StillTask


def prepare(
    source: Path,
    out: Path,
    *,
    landmarks: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    shards: str | None = None,
    shard_size: int = SIZE,
    progress: Callable[[int, int, Record | Still | None], None] = lambda done, total, record: None,
) -> Report:
    """Make a folder of face tracks (docs/data.md) from the films and photographs below a folder, or from one file.

    landmarks: label the faces with a face mesh; MissingError without the extra `landmarks`
    workers: number of processes; None: one for each core, and not more than files
    scheduler: address of a Dask scheduler whose workers, which share the disk, do the work
    shards: folder or URL to which everything is written as shards too (docs/scale.md); shard_size: bytes of each, about
    progress: called with the number of files done, of files in all, and the record of the last one
    A run that was stopped or killed is resumed. InputError if there is no file, or every file is broken; NoFaceError if
    no face is left; UsageError if `out` is not such a folder.
    """
    if scheduler is not None:
        source, out = source.absolute(), out.absolute()
        shards = str(Path(shards).absolute()) if shards is not None and not is_url(shards) else shards
    place = None if shards is None else Place.of(shards)
    inputs = list_inputs(source, out)
    if landmarks:
        from x2face_core.geometry.mesh import require_mesh

        require_mesh()
    with nullcontext() if scheduler is None else clusters.connected(scheduler) as client:
        state = State(out)
        with writing(out):
            state.open(str(source.resolve()))
        with locked(out) as holder:
            if holder == "others":
                raise UsageError(f"{out}: another `x2face prepare` is at work there; choose another folder.")
            perform = Performer(workers, client)
            report = _prepared(inputs, state, source, landmarks, perform, progress)
            if place is not None:
                _write_shards(state, report, place, shard_size, perform)
            return report


def _write_shards(state: State, report: Report, place: Place, size: int, perform: Performer) -> None:
    """Write all clips and crops as shards, with the labels of each film, which are smaller than those of all."""
    of_clip = {clip.clip: (record.key, number) for record in report.records for number, clip in enumerate(record.clips)}
    of_still = {still.file: still.key for still in report.stills}

    def labels_of(entry: Entry, row: int) -> tuple[Path, int] | None:
        if entry.is_still:
            return (state.labels(of_still[entry.name]), 0) if report.stills_labelled else None
        key, number = of_clip[entry.name]
        return (state.labels(key), number) if report.labelled else None

    write_shards(FaceFolder(state.out), place, state.shards, size=size, labels_of=labels_of, perform=perform)


def _prepared(
    inputs: Inputs,
    state: State,
    source: Path,
    landmarks: bool,
    perform: Performer,
    progress: Callable[[int, int, Record | Still | None], None],
) -> Report:
    state.remove_abandoned()
    name = source.resolve().stem
    tasks = _tasks(inputs, state, name, landmarks)
    records = {task.record.key: task.record for task in tasks if task.record is not None}
    due: list[Performable[Record | Still]] = [task for task in tasks if task.due]
    progress(len(tasks) - len(due), len(tasks), None)
    try:
        with closing(perform(due)) as made:
            for done, record in enumerate(made, start=1 + len(tasks) - len(due)):
                records[record.key] = record
                progress(done, len(tasks), record)
    finally:
        state.remove_abandoned()  # of processes that were ended
    report = _report(inputs, records, state.out)
    if not report.clips and not report.stills:
        state.discard()
        raise _nothing(report, inputs, source)
    write_tables(state, report, name)
    return report


def _tasks(inputs: Inputs, state: State, source: str, landmarks: bool) -> list[Task]:
    films = [FilmTask(film, state.out, landmarks, state.load(film)) for film in inputs.films]
    stills = [
        StillTask(photograph, state.out, source, landmarks, state.load_still(photograph))
        for photograph in inputs.photographs
    ]
    return [*films, *stills]


def _report(inputs: Inputs, records: dict[str, Record | Still], out: Path) -> Report:
    films = [record for film in inputs.films if isinstance(record := records[film.key], Record)]
    stills = [still for photograph in inputs.photographs if isinstance(still := records[photograph.key], Still)]
    return Report.of(films, stills, out)


def _nothing(report: Report, inputs: Inputs, source: Path) -> InputError | NoFaceError:
    """The error for a run that gave neither clips nor pictures."""
    broken = report.broken
    if len(inputs) == 1 and broken:
        return InputError(next(iter(broken.values())))
    if len(broken) == len(inputs):
        first = next(iter(broken.values()))
        return InputError(f"{source}: none of its {inputs} can be read; the first: {first}")
    dropped = Counter({why: count for why, (count, _) in report.dropped.items()}) + report.dropped_stills
    why = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
    found = f"no face that can be used was found (dropped: {why})" if why else "no face was found"
    lasting = f"for {SHORTEST:g} s, " * bool(inputs.films)
    needed = f"faces have to be seen from the front {lasting}in a square of {SMALLEST} pixels at least"
    return NoFaceError(f"{source}: {found} in {inputs}; {needed}.")

"""Preparation of a whole folder, in one or several processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from x2face_core.data.preparing.cropping import StillTask
from x2face_core.data.preparing.filming import SHORTEST, SMALLEST, FilmTask
from x2face_core.data.preparing.inputs import Inputs, list_inputs
from x2face_core.data.preparing.records import Record, State, Still
from x2face_core.data.preparing.tables import Report, write_tables
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
    progress: Callable[[int, int, Record | Still | None], None] = lambda done, total, record: None,
) -> Report:
    """Make a folder of face tracks (docs/data.md) from the films and photographs below a folder, or from one file.

    landmarks: label the faces with a face mesh; MissingError without the extra `landmarks`
    workers: number of processes; None: one for each core, and not more than files
    progress: called with the number of files done, of files in all, and the record of the last one
    A run that was stopped or killed is resumed. InputError if there is no file, or every file is broken; NoFaceError if
    no face is left; UsageError if `out` is not such a folder.
    """
    inputs = list_inputs(source, out)
    if landmarks:
        from x2face_core.geometry.mesh import require_mesh

        require_mesh()
    state = State(out)
    with writing(out):
        state.open(str(source.resolve()))
    with locked(out) as holder:
        if holder == "others":
            raise UsageError(f"{out}: another `x2face prepare` is at work there; choose another folder.")
        return _prepared(inputs, state, source, landmarks, workers, progress)


def _prepared(
    inputs: Inputs,
    state: State,
    source: Path,
    landmarks: bool,
    workers: int | None,
    progress: Callable[[int, int, Record | Still | None], None],
) -> Report:
    state.remove_abandoned()
    name = source.resolve().stem
    tasks = _tasks(inputs, state, name, landmarks)
    records = {task.record.key: task.record for task in tasks if task.record is not None}
    due = [task for task in tasks if task.due]
    progress(len(tasks) - len(due), len(tasks), None)
    with closing(performed(due, workers)) as made:
        for done, record in enumerate(made, start=1 + len(tasks) - len(due)):
            records[record.key] = record
            progress(done, len(tasks), record)
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


def performed(tasks: Sequence[Task], workers: int | None = None) -> Generator[Record | Still, None, None]:
    """Perform all tasks; yields records as they finish. Ctrl-C ends the processes and removes unfinished files."""
    count = min(workers or os.cpu_count() or 1, len(tasks))
    if count <= 1:
        yield from map(_perform, tasks)
        return
    try:
        yield from _in_processes(tasks, count)
    except BrokenProcessPool:
        raise InputError(
            "a process was ended from outside, as happens where memory runs out; "
            "the same line goes on, with --workers 1 it takes least."
        ) from None


def _perform(task: Task) -> Record | Still:
    return task.perform()


def _in_processes(tasks: Sequence[Task], count: int) -> Iterator[Record | Still]:
    """Submit no more tasks than there are processes, so that none begins after Ctrl-C."""
    waiting = iter(tasks)
    with _processes(count) as pool:
        running: set[Future[Record | Still]] = {pool.submit(_perform, task) for task in islice(waiting, count)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running |= {pool.submit(_perform, task) for task in islice(waiting, 1)}


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of processes that ignore Ctrl-C; this process ends them on any error."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)  # unwinds the stack, which removes unfinished files

"""All films of a folder, one after the other or several at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from x2face_core.data.preparing.filming import SHORTEST, SMALLEST, Task, prepare_film
from x2face_core.data.preparing.films import list_films
from x2face_core.data.preparing.records import Record, State
from x2face_core.data.preparing.tables import Report, write_tables
from x2face_core.errors import InputError, NoFaceError


def prepare(
    source: Path,
    out: Path,
    *,
    landmarks: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int, Record | None], None] = lambda done, total, record: None,
) -> Report:
    """Make a folder of face tracks (docs/data.md) of the films below a folder, or of one film.

    landmarks: label the tracks with a face mesh too; MissingError without the extra `landmarks`
    workers: processes; None: one a core, and not more than films
    progress: called with films done, films in all, and the one that was just done
    A run that was stopped or killed goes on where it was. InputError when there is no film, or every film is broken;
    NoFaceError when no clip is left; UsageError when `out` is something else.
    """
    films = list_films(source, out)
    if landmarks:
        from x2face_core.geometry.mesh import require_mesh

        require_mesh()
    state = State(out)
    state.open(str(source.resolve()))
    state.sweep()
    records = {film.key: record for film in films if (record := state.load(film)) is not None}
    tasks = [Task(film, out, landmarks, records.get(film.key)) for film in films]
    due = [task for task in tasks if task.record is None or (landmarks and not task.record.labelled)]
    progress(len(films) - len(due), len(films), None)
    with closing(performed(due, workers)) as made:
        for done, record in enumerate(made, start=1 + len(films) - len(due)):
            records[record.key] = record
            progress(done, len(films), record)
    report = Report.of([records[film.key] for film in films], out)
    if not report.clips:
        state.discard()
        raise _nothing(report, source)
    write_tables(state, report, source.resolve().stem)
    return report


def _nothing(report: Report, source: Path) -> InputError | NoFaceError:
    """Why there is not one clip."""
    films, broken = len(report.records), report.broken
    if films == 1 and broken:
        return InputError(next(iter(broken.values())))
    if len(broken) == films:
        first = next(iter(broken.values()))
        return InputError(f"{source}: none of its {films} films can be read; the first: {first}")
    why = ", ".join(f"{count} {reason}" for reason, (count, _) in report.dropped.items())
    found = f"no face that can be used was found (dropped: {why})" if why else "no face was found"
    needed = f"faces have to be seen from the front for {SHORTEST:g} s, in a square of {SMALLEST} pixels at least"
    return NoFaceError(f"{source}: {found} in {films} film{'s' * (films > 1)}; {needed}.")


def performed(tasks: Sequence[Task], workers: int | None = None) -> Generator[Record, None, None]:
    """The records of all tasks, as they are done. Ctrl-C ends the processes; what they were writing is removed."""
    count = min(workers or os.cpu_count() or 1, len(tasks))
    if count <= 1:
        yield from map(prepare_film, tasks)
        return
    try:
        yield from _in_processes(tasks, count)
    except BrokenProcessPool:
        raise InputError(
            "a process was ended from outside, as happens where memory runs out; "
            "the same line goes on, with --workers 1 it takes least."
        ) from None


def _in_processes(tasks: Sequence[Task], count: int) -> Iterator[Record]:
    """No more tasks are handed out than there are processes, so that none begins after Ctrl-C."""
    waiting = iter(tasks)
    with _processes(count) as pool:
        running: set[Future[Record]] = {pool.submit(prepare_film, task) for task in islice(waiting, count)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
                running |= {pool.submit(prepare_film, task) for task in islice(waiting, 1)}


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that leave Ctrl-C to this one, which ends them when anything goes wrong."""
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
    raise SystemExit(128 + number)  # goes through what removes half-written files

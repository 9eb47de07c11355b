"""Rendering of many films, in one process or on a Dask cluster; each process loads weights and plugins once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from x2face_core import clusters
from x2face_core.errors import InputError, UsageError, X2FaceError
from x2face_core.files.temporary import remove_abandoned
from x2face_plugins.batch_states import JobStates
from x2face_plugins.filming import OF_THE_SESSION, make_film
from x2face_plugins.jobs import Job
from x2face_plugins.planning import Plan
from x2face_plugins.registry import Registry
from x2face_plugins.words import read_words

if TYPE_CHECKING:
    from x2face_plugins.session import Session


@dataclass(frozen=True)
class Outcome:
    """The result of a job: a report as of `x2face run --json`, or an error; neither if an earlier batch did it."""

    job: Job
    report: dict[str, Any] | None = None
    error: X2FaceError | None = None

    @property
    def skipped(self) -> bool:
        return self.report is None and self.error is None


FaultOf = Callable[[Exception], X2FaceError | None]
"""Converts an exception to the error to report; None, for a bug, ends the batch."""
_one_at_a_time = threading.Lock()


class FilmMaker:
    """Makes films one after the other. The session is kept as long as weights and device are the same.

    words: options of run for jobs that do not name them
    """

    def __init__(self, registry: Registry, fault_of: FaultOf, words: Mapping[str, Any]) -> None:
        self.registry, self.fault_of, self.words = registry, fault_of, words
        self._session: tuple[dict[str, Any], Session] | None = None

    def plan(self, job: Job, *, overwrite: bool) -> tuple[Plan, Registry]:
        """The plan of a film, and the registry. Raises as x2face.run."""
        if job.fault is not None:
            raise UsageError(job.fault)
        parsed = read_words(self.registry, {**self.words, **job.words} | ({"overwrite": True} if overwrite else {}))
        return Plan.of(parsed.options(), parsed.choices()), parsed.registry

    def make(self, job: Job, *, overwrite: bool) -> Outcome:
        """Make a film. Raises what is a bug."""
        try:
            plan, registry = self.plan(job, overwrite=overwrite)
            given = {**self.words, **job.words}
            words = {word: value for word, value in given.items() if word in OF_THE_SESSION}
            return Outcome(job, make_film(plan, registry, self._loaded(words, plan)))
        except Exception as error:
            known = self.fault_of(error)
            if known is None:
                raise
            return Outcome(job, error=known)

    def _loaded(self, words: dict[str, Any], plan: Plan) -> Session:
        """The session; loaded anew if weights or device differ from those of the previous film."""
        from x2face_plugins.filming import load_session

        if self._session is None or self._session[0] != words:
            self._session = words, load_session(plan, self.registry)
        return self._session[1]


class Batch:
    """Renders the films of a table; a failed job does not stop the others.

    resume: skip jobs that an earlier batch of the same table finished, and overwrite the outputs of those it began
    words: options of run for rows that have no column of theirs
    client: of a Dask cluster (clusters.connected) whose workers, which share the disk, make the films; None: done here
    """

    def __init__(
        self,
        table: Path,
        registry: Registry,
        *,
        resume: bool,
        fault_of: FaultOf,
        words: Mapping[str, Any] = MappingProxyType({}),
        client: Any = None,
    ) -> None:
        self.maker = FilmMaker(registry, fault_of, words)
        self.fault_of, self.words, self.client = fault_of, dict(words), client
        self.table, self.states = table, JobStates(table)
        if resume:
            self.states.read()
        else:
            self.states.refuse_others()
        self._outputs: dict[Path, int] = {}

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield the outcome of each job when it is finished: in order, or on a cluster as they come."""
        if self.client is not None:
            yield from self._run_on_cluster(jobs)
            return
        for job in jobs:
            begun = self.states.of(job) is not None
            outcome = self._refused_or_skipped(job)
            if outcome is None:
                self.states.mark(job, "begun")
                outcome = self._noted(self.maker.make(job, overwrite=begun))
            yield outcome

    def _run_on_cluster(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        ready = []
        for job in jobs:
            outcome = self._refused_or_skipped(job)
            if outcome is None:
                ready.append(job)
            else:
                yield outcome
        try:
            for outcome in clusters.performed(self.client, _make_afar, self._tasks(ready), _lost):
                yield self._noted(outcome)
        finally:
            for folder in {path.absolute().parent for path in self._outputs}:
                remove_abandoned(folder)  # what workers that were killed had begun

    def _tasks(self, jobs: Iterable[Job]) -> Iterator[_FilmTask]:
        folder = Path.cwd()
        for job in jobs:
            self.states.mark(job, "begun")
            yield _FilmTask(job, self.words, folder, self.fault_of)

    def _refused_or_skipped(self, job: Job) -> Outcome | None:
        """The outcome of a job that is not to be done; None for the others."""
        state = self.states.of(job)
        try:
            output = self.maker.plan(job, overwrite=True)[0].output
            before = self._outputs.setdefault(output.path, job.line)
            if before != job.line:
                raise UsageError(f"{output} is also the output of line {before}; give each film a name of its own.")
            self._refuse_table(self.maker.plan(job, overwrite=state is not None)[0])
        except Exception as error:
            known = self.fault_of(error)
            if known is None:
                raise
            return Outcome(job, error=known)
        return Outcome(job) if state == "done" and output.path.exists() else None

    def _refuse_table(self, plan: Plan) -> None:
        """UsageError if the film, its motion or its manifest would replace the table."""
        for path in (plan.output.path, plan.record, plan.manifest):
            if path is not None and path.exists() and path.samefile(self.table):
                raise UsageError(f"{path} is one of the inputs, the table; choose another output.")

    def _noted(self, outcome: Outcome) -> Outcome:
        if outcome.error is None:
            self.states.mark(outcome.job, "done")
        return outcome


@dataclass(frozen=True)
class _FilmTask:
    """A film for a worker. words: as of Batch; folder: the caller's working folder, from which paths start"""

    job: Job
    words: dict[str, Any]
    folder: Path
    fault_of: FaultOf


def _make_afar(task: _FilmTask) -> Outcome:
    """Make a film on a worker, one at a time in each process. What exists was checked before, or a dead worker made."""
    clusters.check_place(task.folder)
    with _one_at_a_time:
        os.chdir(task.folder)
        whole = replace(task.job, words=task.words | task.job.words)
        return replace(_maker(task.fault_of).make(whole, overwrite=True), job=task.job)


@cache
def _maker(fault_of: FaultOf) -> FilmMaker:
    return FilmMaker(Registry.load(), fault_of, {})


def _lost(task: _FilmTask) -> Outcome:
    why = "processes that made this film ended, as happens where memory runs out; --resume tries again."
    return Outcome(task.job, error=InputError(why))

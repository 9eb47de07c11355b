"""Many films in one process: weights and plugins are loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import UsageError, X2FaceError
from x2face_plugins.filming import OF_THE_SESSION, make_film
from x2face_plugins.jobs import Job, Ledger
from x2face_plugins.planning import Plan
from x2face_plugins.registry import Registry
from x2face_plugins.words import read_words

if TYPE_CHECKING:
    from x2face_plugins.session import Session


@dataclass(frozen=True)
class Outcome:
    """What became of a job: a report as of `x2face run --json`, or an error; neither where it was done before."""

    job: Job
    report: dict[str, Any] | None = None
    error: X2FaceError | None = None

    @property
    def skipped(self) -> bool:
        return self.report is None and self.error is None


class Batch:
    """Makes films one after the other; a job that fails does not end the others.

    resume: leave out what an earlier batch of the same table has finished, and finish what it began
    fault_of: turns an exception into the error to report, or None, for a bug, which ends the batch
    """

    def __init__(
        self, table: Path, registry: Registry, *, resume: bool, fault_of: Callable[[Exception], X2FaceError | None]
    ) -> None:
        self.registry, self.fault_of = registry, fault_of
        self.ledger = Ledger(table)
        if resume:
            self.ledger.read()
        self._session: tuple[dict[str, Any], Session] | None = None
        self._outputs: dict[Path, int] = {}

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """The outcome of each job, as it is done."""
        for job in jobs:
            state = self.ledger.of(job)
            try:
                plan, registry, session_words = self._planned(job, begun=state is not None)
                if state == "done" and plan.output.path.exists():
                    yield Outcome(job)
                    continue
                self.ledger.mark(job, "begun")
                report = make_film(plan, registry, self._loaded(session_words, plan))
                self.ledger.mark(job, "done")
            except Exception as error:
                known = self.fault_of(error)
                if known is None:
                    raise
                yield Outcome(job, error=known)
            else:
                yield Outcome(job, report)

    def _planned(self, job: Job, *, begun: bool) -> tuple[Plan, Registry, dict[str, Any]]:
        """The film's plan, and the words that a session is loaded by. Raises as x2face.run."""
        if job.fault is not None:
            raise UsageError(job.fault)
        said = read_words(self.registry, job.words | ({"overwrite": True} if begun else {}))
        plan = Plan.of(said.options(), said.choices())
        before = self._outputs.setdefault(plan.output.path, job.line)
        if before != job.line:
            raise UsageError(f"{plan.output} is also the output of line {before}; give each film a name of its own.")
        return plan, said.registry, {word: value for word, value in job.words.items() if word in OF_THE_SESSION}

    def _loaded(self, words: dict[str, Any], plan: Plan) -> Session:
        """The session of the film before, where this one's weights and device are the same."""
        from x2face_plugins.filming import load_session

        if self._session is None or self._session[0] != words:
            self._session = words, load_session(plan, self.registry)
        return self._session[1]

"""Rendering of many films in one process; weights and plugins are loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
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
    """The result of a job: a report as of `x2face run --json`, or an error; neither if an earlier batch did it."""

    job: Job
    report: dict[str, Any] | None = None
    error: X2FaceError | None = None

    @property
    def skipped(self) -> bool:
        return self.report is None and self.error is None


class Batch:
    """Renders films one after the other; a failed job does not stop the others.

    resume: skip jobs that an earlier batch of the same table finished, and overwrite the outputs of those it began
    words: options of run for rows that have no column of theirs
    fault_of: converts an exception to the error to report; None, for a bug, ends the batch
    """

    def __init__(
        self,
        table: Path,
        registry: Registry,
        *,
        resume: bool,
        fault_of: Callable[[Exception], X2FaceError | None],
        words: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.registry, self.fault_of, self.words = registry, fault_of, words
        self.ledger = Ledger(table)
        if resume:
            self.ledger.read()
        self._session: tuple[dict[str, Any], Session] | None = None
        self._outputs: dict[Path, int] = {}

    def run(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield the outcome of each job when it is finished."""
        for job in jobs:
            state = self.ledger.state(job)
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
        """The plan of a film, the registry, and the options that the session depends on. Raises as x2face.run."""
        if job.fault is not None:
            raise UsageError(job.fault)
        words = {**self.words, **job.words}
        parsed = read_words(self.registry, words | ({"overwrite": True} if begun else {}))
        plan = Plan.of(parsed.options(), parsed.choices())
        before = self._outputs.setdefault(plan.output.path, job.line)
        if before != job.line:
            raise UsageError(f"{plan.output} is also the output of line {before}; give each film a name of its own.")
        return plan, parsed.registry, {word: value for word, value in words.items() if word in OF_THE_SESSION}

    def _loaded(self, words: dict[str, Any], plan: Plan) -> Session:
        """The session; loaded anew if weights or device differ from those of the previous film."""
        from x2face_plugins.filming import load_session

        if self._session is None or self._session[0] != words:
            self._session = words, load_session(plan, self.registry)
        return self._session[1]

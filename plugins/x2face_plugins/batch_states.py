"""Which films of a table are made and which were begun, in a file beside it, so that a batch can be resumed."""

from __future__ import annotations

import json
from pathlib import Path

from x2face_core.errors import InputError, UsageError
from x2face_core.files.descriptions import BROKEN_JSON
from x2face_core.files.storing import write_text
from x2face_plugins.jobs import Job


class JobStates:
    """State by job, begun or done. table: of the jobs; path: of the file, TABLE.done.json"""

    def __init__(self, table: Path) -> None:
        self.path = table.with_name(f"{table.name}.done.json")
        self.states: dict[str, str] = {}

    def read(self) -> None:
        """Read the states stored by an earlier batch of the same table. InputError if the file is none of a batch."""
        if self.path.exists():
            self.states = _read_states(self.path)

    def refuse_others(self) -> None:
        """UsageError if a file of another kind has the name and would be replaced."""
        if not self.path.exists():
            return
        try:
            _read_states(self.path)
        except InputError as error:
            raise UsageError(f"{error} It would be replaced; move it elsewhere.") from None

    def mark(self, job: Job, state: str) -> None:
        """Store the state of a job, "begun" or "done"."""
        self.states[job.key] = state
        write_text(self.path, json.dumps(self.states, indent=1))

    def of(self, job: Job) -> str | None:
        """ "begun", "done", or None for a new job."""
        return self.states.get(job.key)


def _read_states(path: Path) -> dict[str, str]:
    """State by key of a job. InputError if the file holds no states of jobs."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        if not isinstance(stored, dict) or not all(state in ("begun", "done") for state in stored.values()):
            raise ValueError("its states are not begun or done")
    except (OSError, *BROKEN_JSON) as error:
        raise InputError(f"{path}: is no record of an earlier batch ({error}).") from None
    return stored

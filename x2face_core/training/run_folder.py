"""Exclusive use of a run's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from x2face_core.errors import UsageError
from x2face_core.files.faults import writing
from x2face_core.files.locking import locked
from x2face_core.training.checkpoint import CHECKPOINT

# Files of a run in addition to its checkpoint.
_WRITTEN = (
    "weights.safetensors",
    "sync.safetensors",
    "identity.safetensors",
    "history.json",
    "curve.png",
    "sheet-*.png",
)


@contextmanager
def locked_run_folder(out: Path, *, first: bool, fresh: bool) -> Iterator[None]:
    """Lock the folder of a run, created if missing, for the time of the run.

    first: whether this is the first process; the others do nothing. fresh: an existing run may be replaced
    UsageError if another run has locked it, if it cannot be written, or if other files would be replaced. A folder in
    which nothing was written is removed again.
    """
    if not first:
        yield
        return
    with writing(out):
        made = not out.exists()
        out.mkdir(parents=True, exist_ok=True)
    try:
        with locked(out) as holder:
            if holder == "others":
                raise UsageError(f"{out}: another training run is at work there; choose another folder.")
            if not fresh:
                _refuse_other_files(out)
            yield
    finally:
        if made:
            with suppress(OSError):  # it is not empty
                out.rmdir()


def _refuse_other_files(out: Path) -> None:
    if (out / CHECKPOINT).exists():
        return
    for name in _WRITTEN:
        for path in out.glob(name):
            raise UsageError(
                f"{path} would be replaced, and {out} holds no checkpoint that it could belong to; choose another "
                "folder, or give --fresh."
            )

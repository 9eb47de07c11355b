"""A run's folder, for one run at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from x2face_core.errors import UsageError
from x2face_core.files.faults import writing
from x2face_core.files.locking import locked
from x2face_core.training.checkpoint import CHECKPOINT

# What a run writes beside its checkpoint.
_WRITTEN = ("weights.safetensors", "sync.safetensors", "history.json", "curve.png", "sheet-*.png")


@contextmanager
def taken(out: Path, *, first: bool, fresh: bool) -> Iterator[None]:
    """Have the folder, which is made where it is not there, for as long as a run lasts.

    first: whether this process speaks for the run; the others have nothing to do. fresh: what is there may go
    UsageError where another run has it, where it cannot be written to, or where files of no run would be replaced. A
    folder in which nothing was written is taken away again.
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
                _refuse_strangers(out)
            yield
    finally:
        if made:
            with suppress(OSError):  # it holds something
                out.rmdir()


def _refuse_strangers(out: Path) -> None:
    if (out / CHECKPOINT).exists():
        return
    for name in _WRITTEN:
        for path in out.glob(name):
            raise UsageError(
                f"{path} would be replaced, and {out} holds no checkpoint that it could belong to; choose another "
                "folder, or give --fresh."
            )

"""Redirection of stdout to stderr while plugin code runs, as stdout is reserved for results."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

STDOUT, STDERR = 1, 2


@contextmanager
def stdout_as_stderr() -> Iterator[None]:
    """Redirect Python's stdout, and the file descriptor that C libraries and child processes write to."""
    if sys.stdout is not None:
        sys.stdout.flush()
    with redirect_stdout(sys.stderr), _descriptor_as_stderr():
        yield


@contextmanager
def _descriptor_as_stderr() -> Iterator[None]:
    try:
        kept = os.dup(STDOUT)
        os.dup2(STDERR, STDOUT)
    except OSError:  # one of them is closed
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)

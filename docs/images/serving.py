"""Pages of `x2face web` and `x2face live`, served by a process of their own, for the pictures and films of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def serving(*command: str) -> Iterator[str]:
    """Run an x2face command that serves a page, at a free port; yields the page's address."""
    line = [sys.executable, "-m", "x2face_cli", *command, "--port", "0"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://\S+/", process.stdout.readline())
    assert found is not None
    try:
        yield found[0]
    finally:
        process.terminate()
        process.wait()

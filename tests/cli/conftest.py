"""The command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from x2face_cli import app


class Said(NamedTuple):
    """What a command left: its exit code and all that it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def x2face(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """x2face("drivers", "--json") runs a command line."""
    monkeypatch.setattr(app.x2face, "dists", None)
    monkeypatch.setattr(app.x2face, "commands", {})

    def run(*arguments: str) -> Said:
        return Said(app.main(arguments), *capsys.readouterr())

    return run

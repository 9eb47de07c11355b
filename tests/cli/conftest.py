"""The command line in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from x2face_cli import app


class Result(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


@pytest.fixture
def x2face(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """x2face("drivers", "--json") runs a command line."""
    monkeypatch.setattr(app.x2face, "dists", None)
    monkeypatch.setattr(app.x2face, "commands", {})

    def run(*arguments: str) -> Result:
        return Result(app.main(arguments), *capsys.readouterr())

    return run

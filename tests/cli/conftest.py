"""The command line in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

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


@pytest.fixture
def interrupted_after_5(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C, as it were, once five frames of a film are made."""

    def interrupted(frames: Iterator[Any], what: str, total: int | None) -> Iterator[Any]:
        for k, frame in enumerate(frames):
            if k == 5:
                raise KeyboardInterrupt
            yield frame

    monkeypatch.setattr("x2face_cli.screen.follow", interrupted)

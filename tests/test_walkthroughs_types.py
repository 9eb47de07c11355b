"""The code of the walkthroughs passes a strict type checker, as a reader's own would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .walkthroughs import blocks

PROJECTS = {"tutorial.md": "x2face_gamepad", "modality.md": "x2face_glove"}


@pytest.mark.slow
@pytest.mark.parametrize("page", PROJECTS)
def test_the_code_of_a_walkthrough_type_checks(page: str, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.title.startswith(PROJECTS[page]):
            path = tmp_path / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    line = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", PROJECTS[page]]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

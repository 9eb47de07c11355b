"""The code of the walkthroughs passes a strict type checker, as a reader's own would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .walkthroughs import blocks

PROJECTS = {"tutorial.md": "x2face_gamepad", "modality.md": "x2face_glove"}


@pytest.mark.slow
def test_the_code_of_the_walkthroughs_type_checks(tmp_path: Path) -> None:
    for page, project in PROJECTS.items():
        modules = [block for block in blocks(page) if block.title.startswith(project)]
        assert modules, page
        for block in modules:
            path = tmp_path / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    line = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", *PROJECTS.values()]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

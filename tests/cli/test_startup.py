"""What a run imports: each of these libraries takes from a tenth of a second to seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from x2face_lab.demo.inputs import PICTURE

RUN = """
import sys
from x2face_cli.app import main
code = main({words!r})
print(code, *sys.modules)
"""


@pytest.mark.weights
def test_a_run_by_a_picture_imports_no_compiler_and_none_of_the_libraries_for_training(tmp_path: Path) -> None:
    words = ["run", "-q", "-s", str(PICTURE), "--frame", str(PICTURE), "--seconds", "0.04", "--engine", "torch"]
    code = RUN.format(words=[*words, "-o", str(tmp_path / "out.mp4")])
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, *modules = completed.stdout.splitlines()[-1].split()
    assert answer == "0" and "torch" in modules
    heavy = {"torch._dynamo", "torch.onnx", "sympy", "scipy", "sklearn", "skimage", "librosa", "numba", "matplotlib"}
    assert not heavy & {*modules}

"""Environments of strangers: a virtual one of its own that sees what this one has, into which pip installs plugins."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_EACH = """
import contextlib, io, json, sys
from x2face_cli.app import main

def run(line):
    said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said[0]), contextlib.redirect_stderr(said[1]):
        code = main(line)
    return [code, *(one.getvalue() for one in said)]

print(json.dumps([run(line) for line in json.loads(sys.argv[1])]))
"""


class Said(NamedTuple):
    """Exit code of a command, and what it printed."""

    code: int
    out: str
    err: str


class Environment:
    """A virtual environment in a folder; x2face and its libraries are those of the running interpreter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
        self.python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
        site = Path(sysconfig.get_path("purelib", vars=paths))
        here = sysconfig.get_path("purelib")
        (site / "theirs.pth").write_text(f"import site; site.addsitedir({here!r})\n")
        self._settings = {name: value for name, value in os.environ.items() if not name.startswith("X2FACE_")}
        self._settings |= {"X2FACE_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}

    def pip_install(self, *what: str | Path) -> None:
        """Install from what is at hand: no index is asked, and nothing that it depends on is touched."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "--disable-pip-version-check", "install"]
        flags = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
        subprocess.run([*pip, *flags, *map(str, what)], check=True, capture_output=True, text=True, cwd=self.folder)

    def run(self, *arguments: str | Path, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run its Python: run("-m", "pytest"). environ: more environment variables"""
        line = [str(self.python), *map(str, arguments)]
        settings = {**self._settings, **environ}
        return subprocess.run(line, env=settings, cwd=cwd or self.folder, capture_output=True, text=True, check=False)

    def x2face(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "x2face_cli", *arguments, **more)

    def x2face_each(self, *lines: Sequence[str], cwd: Path | None = None, **environ: str) -> list[Said]:
        """Several commands one after the other in one process, which starts and imports once."""
        done = self.run("-c", _EACH, json.dumps(lines), cwd=cwd, **environ)
        assert done.returncode == 0, done.stderr
        return [Said(*one) for one in json.loads(done.stdout.splitlines()[-1])]


def write_wheel(
    folder: Path, dist: str, modules: Mapping[str, str], entries: Mapping[str, str], version: str = "1.0"
) -> Path:
    """A wheel of a few modules, for pip to install without building.

    modules: file name to text; entries: entry points of the group x2face, name to module
    """
    name = dist.replace("-", "_")
    info, path = f"{name}-{version}.dist-info", folder / f"{name}-{version}-py3-none-any.whl"
    inside = {
        **modules,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[x2face]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items()),
    }
    record = "".join(f"{file},,\n" for file in [*inside, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in {**inside, f"{info}/RECORD": record}.items():
            wheel.writestr(file, text)
    return path

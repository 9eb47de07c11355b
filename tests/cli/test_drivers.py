"""`x2face drivers` is quick, and tells of everything that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

HEAVY = {"torch", "numpy", "av", "sklearn", "skimage", "scipy", "dlib", "librosa", "PIL"}
IMPORTS = "import click, pluggy, rich"
LIST = "import sys; from x2face_cli.app import main; main({arguments!r}); sys.stderr.write(' '.join(sys.modules))"


@pytest.mark.parametrize("arguments", [["drivers"], ["drivers", "--json"], ["drivers", "show", "frame"], ["--help"]])
def test_looking_around_imports_nothing_heavy(arguments: list[str]) -> None:
    code = LIST.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout and not HEAVY.intersection(done.stderr.split())


def test_importing_the_core_and_the_plugin_host_imports_nothing_heavy() -> None:
    code = "import sys, x2face_core, x2face_core.driving, x2face_plugins; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY.intersection(done.stdout.split())


def test_a_list_of_drivers_imports_few_modules_beside_its_libraries() -> None:
    """Counted, for how long a start takes depends on the machine: 184 modules, 109 of them of libraries."""
    libraries, listing = modules(IMPORTS), modules("from x2face_cli.app import main; main(['drivers'])")
    assert listing < 2 * libraries


def modules(code: str) -> int:
    """How many modules a fresh interpreter holds after that code."""
    line = [sys.executable, "-c", f"{code}; import sys; sys.stderr.write(str(len(sys.modules)))"]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env={**os.environ, "X2FACE_PLUGINS": ""})
    return int(done.stderr)


def test_the_list_as_json_has_every_plugin_the_broken_ones_too(x2face: Callable, install: Callable) -> None:
    install("acme-broken", "import there_is_no_such_module")
    result = x2face("drivers", "--json")
    listed = {line["name"]: line for line in json.loads(result.out)}
    assert result.code == 0 and result.out.count("\n") == 1
    assert list(listed["frame"]) == ["name", "kind", "summary", "dist", "version", "status", "error"]
    assert (listed["frame"]["kind"], listed["frame"]["status"], listed["frame"]["error"]) == ("offset", "ok", None)
    assert listed["acme-broken"] == {
        "name": "acme-broken",
        "kind": None,
        "summary": "",
        "dist": "acme-broken",
        "version": "1.0",
        "status": "failed",
        "error": "ModuleNotFoundError: No module named 'there_is_no_such_module'",
    }


def test_the_table_says_why_a_plugin_failed(x2face: Callable, install: Callable) -> None:
    install("acme-broken", "raise SystemExit(1)")
    (line,) = [line for line in x2face("drivers").out.splitlines() if line.startswith("acme-broken")]
    assert "failed" in line and "it tried to end the program" in line


def test_a_failed_plugin_is_red_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, x2face: Callable, install: Callable
) -> None:
    install("acme-broken", "raise SystemExit(1)")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    (line,) = [line for line in x2face("drivers").out.splitlines() if "acme-broken" in line]
    assert "\x1b[31m" in line


def test_show_tells_a_driver_s_options_and_origin(x2face: Callable) -> None:
    result = x2face("drivers", "show", "frame")
    assert result.code == 0 and "x2face 0.1.0" in result.out and "--frame-absolute" in result.out


def test_show_of_an_unknown_driver_is_wrong_usage(x2face: Callable) -> None:
    assert x2face("drivers", "show", "fraem").code == 2

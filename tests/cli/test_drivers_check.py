"""`x2face drivers check` says of each promise whether it held, and ends with code 6 where one did not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Result
from tests.testkit import nodding
from tests.walkthroughs import blocks

NOD = Path(nodding.__file__)
SEEDED = NOD.read_text(encoding="utf-8").replace("default_rng()", "default_rng(source.seed)")
Run = Callable[..., Result]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A plugin as a single file, which keeps all promises."""
    path = tmp_path / f"nodding_{tmp_path.name}.py"
    path.write_text(SEEDED)
    return path


def test_an_installed_driver_is_checked_by_its_name(x2face: Run, install: Callable) -> None:
    install("acme-nod", SEEDED)
    result = x2face("drivers", "check", "nod")
    assert result.code == 0
    head, *lines = result.out.splitlines()
    assert head == "nod (offset)"
    assert all(line.startswith("ok    ") for line in lines)
    assert "ok    repeats_itself             The same settings, source and seed give the same vectors." in lines
    assert x2face("drivers", "check", "acme-nod").out == result.out  # the distribution's name


def test_a_broken_promise_is_shown_and_ends_with_code_6(x2face: Run, install: Callable) -> None:
    install("acme-nod", NOD.read_text(encoding="utf-8"))
    result = x2face("drivers", "check", "nod")
    (line,) = [line for line in result.out.splitlines() if line.startswith("fail")]
    assert "repeats_itself" in line and "use source.seed" in line
    assert (result.code, result.err.splitlines()[-1]) == (
        6, "x2face: error: nod breaks 1 of 16 promises: nod repeats_itself.",
    )  # fmt: skip


def test_a_failure_may_be_expected_with_a_reason(x2face: Run, install: Callable) -> None:
    install("acme-nod", NOD.read_text(encoding="utf-8"))
    result = x2face("drivers", "check", "nod", "--expect-failure", "repeats_itself=nobody nods twice alike")
    assert result.code == 0
    assert any(line.startswith("warn") and "(nobody nods twice alike)" in line for line in result.out.splitlines())


def test_a_failure_that_was_expected_and_does_not_come_is_one(x2face: Run, module: Path) -> None:
    assert x2face("drivers", "check", str(module), "--expect-failure", "keeps_one_rate=why").code == 6


@pytest.mark.parametrize("failure", ["repeats_itself", "repeats_itself=", "flies=it has no wings"])
def test_an_expected_failure_needs_a_promise_and_a_reason(x2face: Run, module: Path, failure: str) -> None:
    assert x2face("drivers", "check", str(module), "--expect-failure", failure).code == 2


def test_a_module_is_checked_by_its_path(x2face: Run, module: Path) -> None:
    assert x2face("drivers", "check", str(module)).code == 0


def test_a_plugin_that_does_not_load_is_named(x2face: Run, tmp_path: Path) -> None:
    (tmp_path / "broken_plugin.py").write_text("1 / 0")
    result = x2face("drivers", "check", str(tmp_path / "broken_plugin.py"))
    assert (result.code, result.err.count("\n")) == (6, 1)
    assert "the plugin broken_plugin does not load: ZeroDivisionError" in result.err


@pytest.mark.parametrize(("what", "code"), [("nobody", 2), ("./nowhere", 3), ("nowhere.py", 3), (".", 3)])
def test_what_is_not_there_is_said_so(
    x2face: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    result = x2face("drivers", "check", what)
    assert (result.code, result.out, result.err.count("\n")) == (code, "", 1)


def test_what_a_plugin_prints_stays_off_stdout(x2face: Run, install: Callable) -> None:
    install("acme-nod", SEEDED.replace("import numpy as np", "import numpy as np; print('hello')"))
    result = x2face("drivers", "check", "nod")
    assert "hello" not in result.out and result.code == 0


def test_a_new_plugin_says_what_to_do_next(x2face: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = x2face("drivers", "new", "wave", "--kind", "overlay")
    assert result.code == 0 and (tmp_path / "x2face-wave" / "pyproject.toml").is_file()
    assert "pip install -e 'x2face-wave[test]'" in result.out and "x2face drivers check wave" in result.out
    assert x2face("drivers", "new", "wave").code == 2
    assert x2face("drivers", "new", "Wave", "-o", "other").code == 2
    assert x2face("drivers", "new", "wave", "--kind", "odd", "-o", "other").code == 2
    assert not (tmp_path / "other").exists()


def test_the_driver_in_one_file_that_the_reference_shows_keeps_every_promise(
    x2face: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = [block for block in blocks("drivers.md") if block.title == "nod.py"]
    assert len([line for line in block.text.splitlines() if line.strip()]) <= 16
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "nod.py").write_text(block.text)
    result = x2face("drivers", "check", "./nod.py")
    sys.modules.pop("nod", None)
    assert result.code == 0 and "keeps 16 of 16 promises" in result.err, result.out + result.err

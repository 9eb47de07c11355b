"""The kit inside pytest: light for everybody, a test a promise for those who ask."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[..., None]
PLUGIN = (Path(__file__).parent / "nodding.py").read_text(encoding="utf-8")


def collected(folder: Path, test: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A pytest run of one file, in a process that sees what this one sees."""
    (folder / "test_it.py").write_text(textwrap.dedent(test))
    code = f"import sys; sys.path[:] = {sys.path!r}; import pytest; sys.exit(pytest.main({list(arguments)!r}))"
    line = [sys.executable, "-c", code]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_that_asks_for_nothing_imports_nothing_heavy(tmp_path: Path) -> None:
    done = collected(
        tmp_path,
        """
        import sys

        def test_what_is_imported():
            assert "x2face_testkit.pytest_plugin" in sys.modules
            own = {name for name in sys.modules if name.startswith("x2face_")}
            assert own == {"x2face_testkit", "x2face_testkit.pytest_plugin"}
            assert not {"torch", "numpy", "click", "rich"} & set(sys.modules)
        """,
        "-q", "--strict-markers", "-W", "error",
    )  # fmt: skip
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_a_mark_becomes_a_test_a_promise(install: Install, tmp_path: Path) -> None:
    install("acme-nod", PLUGIN)
    done = collected(
        tmp_path,
        """
        import pytest

        @pytest.mark.x2face("nod", expected={"repeats_itself": "nobody nods twice alike"})
        def test_it_keeps_its_promises(x2face_promise):
            x2face_promise()

        def test_there_is_a_source(x2face_source):
            assert x2face_source.vector.shape == (128,)
        """,
        "-rA", "--strict-markers", "-k", "repeats or keeps_one or finite or source",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "PASSED test_it.py::test_it_keeps_its_promises[nod-yields_finite_numbers]" in done.stdout
    assert "nod-repeats_itself] - nobody nods twice alike" in done.stdout
    assert "1 xfailed" in done.stdout


def test_what_was_expected_to_fail_and_holds_fails(install: Install, tmp_path: Path) -> None:
    install("acme-nod", PLUGIN)
    done = collected(
        tmp_path,
        """
        import pytest

        @pytest.mark.x2face("nod", expected={"keeps_one_rate": "it does not"})
        def test_it_keeps_its_promises(x2face_promise):
            x2face_promise()
        """,
        "-q", "-k", "keeps_one",
    )  # fmt: skip
    assert (done.returncode, "[XPASS(strict)] it does not" in done.stdout) == (1, True), done.stdout


@pytest.mark.parametrize(
    ("mark", "output"),
    [
        ("", "needs to know whose"),
        ('@pytest.mark.x2face("nobody")', "no driver is called nobody"),
        ('@pytest.mark.x2face("nod", expected={"flies": "it has no wings"})', "flies, which is no promise"),
    ],
)
def test_what_is_asked_for_wrongly_is_told(install: Install, tmp_path: Path, mark: str, output: str) -> None:
    install("acme-nod", PLUGIN)
    done = collected(tmp_path, f"import pytest\n\n{mark}\ndef test_it(x2face_promise):\n    x2face_promise()\n", "-q")
    assert (done.returncode != 0, output in done.stdout + done.stderr) == (True, True), done.stdout + done.stderr

"""Plugins that nobody installed are found by their path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.testkit import nodding
from x2face_core.errors import InputError
from x2face_plugins.local_plugins import load_path, open_path
from x2face_plugins.registry import Registry

NOD = Path(nodding.__file__).read_text(encoding="utf-8")
PROJECT = """
[project]
name = "Acme.Nod"
version = "3.1"
[project.entry-points.x2face]
nod = "{module}"
"""


@pytest.mark.parametrize("inside", ["", "src"])
def test_a_project_s_entry_points_are_its_plugins(tmp_path: Path, inside: str) -> None:
    module = f"acme_{tmp_path.name}"
    (tmp_path / inside).mkdir(exist_ok=True)
    (tmp_path / inside / f"{module}.py").write_text(NOD)
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(module=module))
    (plugin,) = load_path(tmp_path)
    assert (plugin.name, plugin.dist, plugin.version, plugin.status) == ("nod", "Acme.Nod", "3.1", "ok")


def test_a_package_is_a_plugin(tmp_path: Path) -> None:
    package = tmp_path / f"acme_{tmp_path.name}"
    package.mkdir()
    (package / "__init__.py").write_text(NOD)
    assert [spec.name for spec in load_path(package)[0].drivers] == ["nod"]


def test_an_installed_copy_steps_aside(install: Callable[..., None], tmp_path: Path) -> None:
    module = f"acme_{tmp_path.name}"
    install("acme-nod", NOD)
    (tmp_path / f"{module}.py").write_text(NOD.replace("Nods", "Nods anew"))
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(module=module))
    registry = Registry.load().joined_by(open_path(tmp_path))
    assert registry.driver("nod").spec.summary == "Nods anew"
    assert registry.driver("frame")


def test_an_entry_point_that_names_nothing_fails_by_itself(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(module="there_is_no_such_module"))
    (plugin,) = load_path(tmp_path)
    assert plugin.status == "failed" and "there_is_no_such_module" in (plugin.error or "")


@pytest.mark.parametrize(("text", "message"), [("[project]\nname = 'a'", "is no plugin"), ("= =", "cannot be read")])
def test_a_project_without_plugins_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        load_path(tmp_path)


def test_a_path_that_leads_nowhere_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nod\.py: there is no such file or folder; check the name"):
        load_path(tmp_path / "nod.py")

"""The rooms hold what pyproject.toml says, in all the places where it says it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
BASELINES = "benchmarks/baselines/x2face_baselines"
"""Shipped, since figures and tables compare with it. import-linter does not watch it; a test here does."""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOOL = PROJECT["tool"]


def packages() -> set[str]:
    """The import packages there are, by their folders."""
    inside = [*ROOT.glob("x2face_core/__init__.py")]
    inside += [init for room in ("plugins", "drivers", "cli") for init in ROOT.glob(f"{room}/x2face*/__init__.py")]
    return {str(init.parent.relative_to(ROOT)) for init in inside}


def test_every_package_is_shipped_typed_and_watched() -> None:
    names = {Path(package).name for package in packages()}
    assert set(TOOL["hatch"]["build"]["targets"]["wheel"]["packages"]) == {*packages(), BASELINES}
    assert set(TOOL["mypy"]["files"]) == {*packages(), "benchmarks", "docs/images"}
    assert set(TOOL["ruff"]["lint"]["isort"]["known-first-party"]) == {*names, "x2face_baselines", "synthetic_head"}
    assert set(TOOL["importlinter"]["root_packages"]) == names
    layers = TOOL["importlinter"]["contracts"][0]["layers"]
    assert {name for layer in layers for name in layer.split(" | ")} == names
    assert all((ROOT / package / "py.typed").exists() for package in packages())


def test_baselines_import_the_core_alone_and_only_the_lab_and_its_commands_import_them() -> None:
    ours = re.compile(r"^\s*(?:from|import) (x2face\w*)", re.MULTILINE)
    imported = {name for file in (ROOT / BASELINES).glob("*.py") for name in ours.findall(file.read_text("utf-8"))}
    assert imported == {"x2face_baselines", "x2face_core"}
    files = [file for package in packages() for file in (ROOT / package).glob("**/*.py")]
    users = {
        file.relative_to(ROOT).parts[1] for file in files if "x2face_baselines" in ours.findall(file.read_text("utf-8"))
    }
    assert users == {"x2face_lab", "x2face_cli"}


def test_rooms_are_no_packages() -> None:
    assert not [room for room in ("plugins", "drivers", "cli") if (ROOT / room / "__init__.py").exists()]


def test_the_page_on_the_architecture_has_every_package_and_every_part_of_the_core() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms, inside = page.split("## Inside the core")
    assert set(re.findall(r"^\| `([\w/]+)` \|", rooms, re.MULTILINE)) == {*packages(), BASELINES}
    rows = re.findall(r"^\| (`[\w`, ]+`) \|", inside.partition("## Where")[0], re.MULTILINE)
    core = next(contract for contract in TOOL["importlinter"]["contracts"] if "containers" in contract)
    assert [set(re.findall(r"\w+", row)) for row in rows] == [set(layer.split(" | ")) for layer in core["layers"]]


def test_the_core_names_no_package_above_it() -> None:
    names = sorted(Path(package).name for package in packages() if package not in ("x2face_core", "cli/x2face"))
    above = "|".join([*names, r"(?:import|from) x2face\b"])
    naming = [str(file) for file in ROOT.glob("x2face_core/**/*.py") if re.search(above, file.read_text("utf-8"))]
    assert naming == []


def test_no_file_is_over_300_lines() -> None:
    folders = ("x2face_core", "plugins", "drivers", "cli", "tests", "docs", "benchmarks")
    files = [file for folder in folders for file in ROOT.glob(f"{folder}/**/*.py")]
    assert [str(file) for file in files if len(file.read_text("utf-8").splitlines()) > 300] == []


def folders_of(place: Path) -> set[str]:
    """Names of the folders there that hold Python files."""
    return {file.relative_to(place).parts[0] for file in place.glob("*/**/*.py")}


def test_tests_stand_in_folders_named_after_rooms_and_parts_of_the_core() -> None:
    assert folders_of(ROOT / "tests") == {"core", "plugins", "testkit", "drivers", "cli", "lab", "docs", "baselines"}
    assert folders_of(ROOT / "tests" / "core") <= folders_of(ROOT / "x2face_core")


def test_the_readme_has_two_commands_of_one_line() -> None:
    script = [sys.executable, str(ROOT / ".ci" / "readme_commands.py"), str(ROOT / "README.md")]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    install, _ = done.stdout.splitlines()
    assert install.startswith("pip install")


def test_every_public_name_of_the_core_can_be_had() -> None:
    import x2face_core

    assert all(getattr(x2face_core, name) is not None for name in x2face_core.__all__)
    assert sorted(x2face_core._HOME_OF) == sorted(x2face_core.__all__)

"""New plugins: what they are called, what they hold, and what is never overwritten."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from x2face_core.errors import UsageError
from x2face_plugins.local_plugins import load_path
from x2face_plugins.registry import Registry
from x2face_testkit.templates import SUMMARIES, distribution, example, make

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_new_plugin_has_its_own_name_everywhere(registry: Registry, kind: str, tmp_path: Path) -> None:
    made = make("wave_hand", kind, tmp_path / "new", registry)
    texts = {path: path.read_text(encoding="utf-8") for path in made.rglob("*") if path.is_file()}
    assert not [path for path, text in texts.items() if "gamepad" in f"{path.relative_to(made)}{text}".lower()]
    assert 'name = "x2face-wave-hand"' in texts[made / "pyproject.toml"]
    assert SUMMARIES[kind] in texts[made / "pyproject.toml"] and SUMMARIES[kind] in texts[made / "README.md"]
    assert (made / "x2face_wave_hand" / "plugin.py").is_file()
    assert (made / "tests" / "test_wave_hand.py").is_file()


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_new_plugin_is_of_the_kind_asked_for(registry: Registry, kind: str, tmp_path: Path) -> None:
    (plugin,) = load_path(make(f"fresh_{kind}", kind, tmp_path / "new", registry))
    assert (plugin.status, plugin.dist, plugin.version) == ("ok", f"x2face-fresh-{kind}", "0.1.0")
    kinds = [spec.kind for spec in (*plugin.drivers, *plugin.mappings)]
    assert kinds == (["offset", "mapping"] if kind == "mapping" else [kind])
    assert plugin.drivers[0].name == f"fresh_{kind}"
    assert plugin.drivers[0].summary == SUMMARIES[kind]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("My-Pad", "no name for a plugin"),
        ("1st", "no name for a plugin"),
        ("", "no name for a plugin"),
        ("a" * 41, "no name for a plugin"),
        ("source", "kept for x2face's own options"),
        ("mapping", "kept for x2face's own options"),
        ("train", "kept for x2face's own options"),
        ("frame", "installed already"),
        ("core", "package x2face_core already"),
        ("testkit", "package x2face_testkit already"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused(registry: Registry, name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        make(name, "offset", tmp_path / "new", registry)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    make("wave", "offset", tmp_path / "new", registry)  # an empty folder may be used
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="exists already"):
        make("wave", "overlay", tmp_path / "new", registry)
    with pytest.raises(UsageError, match="exists already"):
        make("wave", "overlay", tmp_path / "new" / "README.md", registry)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("name", "dist"), [("wave", "x2face-wave"), ("a_b", "x2face-a-b"), ("a__b_", "x2face-a-b")])
def test_distributions_have_names_that_package_indices_take(name: str, dist: str) -> None:
    assert distribution(name) == dist


def test_the_template_of_offsets_is_the_one_distribution_in_plugins() -> None:
    assert example("offset") == ROOT / "plugins" / "template"
    summary = f'summary="{SUMMARIES["offset"]}"'
    assert summary in (ROOT / "plugins" / "template" / "x2face_gamepad" / "plugin.py").read_text()


@pytest.mark.slow
def test_the_wheel_has_a_template_of_every_kind(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(line, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for kind in SUMMARIES:
        assert f"x2face_testkit/templates/{kind}/x2face_gamepad/plugin.py" in names
    assert "x2face_testkit/templates/offset/pyproject.toml" in names
    assert not [name for name in names if "__pycache__" in name or "_cache" in name]

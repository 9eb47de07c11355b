"""Entry points are found as importlib.metadata finds them, only sooner."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from x2face_plugins.entries import Entry, canonical, find_entries

ENTRIES = """
[console_scripts]
nod = acme_nod:main

[x2face]
; a remark
nod = acme_nod.plugin
shake=acme_nod.more : hooks [all]
"""


def describe(site: Path, name: str, version: str = "1.0", entries: str = ENTRIES, suffix: str = ".dist-info") -> None:
    info = site / f"{name}-{version}{suffix}"
    info.mkdir(parents=True)
    file = "METADATA" if suffix == ".dist-info" else "PKG-INFO"
    (info / file).write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nVersion: not this\n")
    if entries:
        (info / "entry_points.txt").write_text(entries)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), str(tmp_path / "second"), str(tmp_path / "gone")])
    return tmp_path


@pytest.mark.parametrize("suffix", [".dist-info", ".egg-info"])
def test_they_are_those_of_the_group(site: Path, suffix: str) -> None:
    describe(site / "first", "acme_nod", suffix=suffix)
    assert find_entries("x2face") == [
        Entry("nod", "acme_nod.plugin", "acme_nod", "1.0"),
        Entry("shake", "acme_nod.more : hooks", "acme_nod", "1.0"),
    ]
    assert find_entries("pytest11") == []


def test_the_first_on_the_path_hides_others_of_its_name(site: Path) -> None:
    describe(site / "first", "Acme.Nod", "2.0")
    describe(site / "second", "acme_nod", "1.0")
    describe(site / "first", "acme_shake", "1.0", entries="")
    describe(site / "second", "acme_shake", "2.0")
    assert {(one.dist, one.version) for one in find_entries("x2face")} == {("Acme.Nod", "2.0")}


def test_a_file_of_odd_bytes_is_nobody_else_s_trouble(site: Path) -> None:
    describe(site / "first", "acme_nod")
    describe(site / "first", "odd")
    (site / "first" / "odd-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff\xfe[x2face\n=\nno section = \xff")
    assert {one.dist for one in find_entries("x2face")} == {"acme_nod"}


def test_what_is_installed_here_is_found_alike() -> None:
    ours = {(one.name, one.value, canonical(one.dist), one.version) for one in find_entries("x2face")}
    theirs = {
        (one.name, one.value, canonical(one.dist.name), one.dist.version)
        for one in entry_points(group="x2face")
        if one.dist is not None
    }
    assert ours == theirs and ours


def test_a_backport_of_the_finder_changes_nothing(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of importlib_metadata, which any library may import: a broken file of somebody else's would end it."""
    describe(site / "first", "acme_nod")
    (site / "first" / "odd-1.0.dist-info").mkdir()
    (site / "first" / "odd-1.0.dist-info" / "entry_points.txt").write_bytes(b"[x2face]\nno entry \xff")
    finder = type("MetadataPathFinder", (), {"find_distributions": None, "__module__": "importlib_metadata"})
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder()])
    assert {one.dist for one in find_entries("x2face")} == {"acme_nod"}


def test_an_archive_on_the_path_is_looked_into(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(site / "plugins.zip", "w") as archive:
        archive.writestr("acme_nod-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: acme_nod\nVersion: 1.0\n")
        archive.writestr("acme_nod-1.0.dist-info/entry_points.txt", "[x2face]\nnod = acme_nod.plugin\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(site / "plugins.zip")])
    assert find_entries("x2face") == [Entry("nod", "acme_nod.plugin", "acme_nod", "1.0")]


def test_an_entry_may_name_an_attribute(install: Callable[..., None]) -> None:
    install("acme-nod", "class a:\n    b = 3\n")
    assert Entry("nod", "installed_acme_nod:a.b", "", "").load() == 3
    assert Entry("nod", "installed_acme_nod : a", "", "").load().b == 3
    with pytest.raises(AttributeError):
        Entry("nod", "installed_acme_nod:c", "", "").load()

"""The documentation as a site: every page is in its navigation, links lead to headings, what is generated is fresh."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def text_of(page: Path) -> str:
    """Without what is in blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """What its headings are called in an address."""
    titles = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            dead.append(link)
    assert dead == []


def test_every_page_is_in_the_navigation_once() -> None:
    listed = re.findall(r"^ *- .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)


def test_every_picture_of_the_docs_is_shown_and_small() -> None:
    shown = {
        name for page in [ROOT / "README.md", *PAGES] for name in re.findall(r"images/([\w-]+\.png)", text_of(page))
    }
    assert {picture.name for picture in (DOCS / "images").glob("*.png")} == shown
    assert all(picture.stat().st_size < 500_000 for picture in (DOCS / "images").glob("*.png"))


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """docs/reference.py, where no stranger's plugin is installed."""
    monkeypatch.setenv("X2FACE_PLUGINS", "")
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_line_page_is_what_the_program_says(reference: ModuleType) -> None:
    made, written = reference.page(), reference.PAGE.read_text(encoding="utf-8")
    message = "run: python docs/reference.py"
    assert set(re.findall(r"--[a-z][\w-]*", written)) == set(re.findall(r"--[a-z][\w-]*", made)), message
    if f"with click {reference.click_version()};" in written:  # other versions word some options otherwise
        assert written == made, message


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason='needs the extra: pip install -e ".[docs]"')
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(build, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page, name in (("python", "x2face.Session.animate"), ("plugins", "x2face_core.driving.Chunk"),
                       ("core", "x2face_core.model.X2Face.render")):  # fmt: skip
        assert f'id="{name}"' in (tmp_path / "site" / "api" / page / "index.html").read_text(encoding="utf-8")
    html = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!squidfunk)[^"]*\.(?:js|css|woff2?)"', html)


def test_docstrings_become_markdown() -> None:
    pytest.importorskip("griffe", reason='needs the extra: pip install -e ".[docs]"')
    spec = importlib.util.spec_from_file_location("docstrings", ROOT / "docs" / "api" / "docstrings.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.markdown(
        """Read a film.

    >>> read("a.mp4")

    path: where it is; fps: its rate,
        or None
    seed, side: numbers
    InputError: not a field""".replace("\n    ", "\n")
    )
    assert made.splitlines() == [
        "Read a film.", "", "", "```pycon", '>>> read("a.mp4")', "```", "", "", "",
        "- `path`: where it is", "- `fps`: its rate,", "    or None", "- `seed`, `side`: numbers", "",
        "InputError: not a field",
    ]  # fmt: skip

"""Whoever does what the tutorial says gets what it says: files are written, commands typed, a real pip installs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import x2face_plugins

from .environments import Environment
from .walkthroughs import Block, Reader, blocks, commands, fits


def test_a_page_s_commands_are_told_from_what_they_print() -> None:
    block = Block("console", "", "$ one\n…\n$ two; echo $?\nsaid\n2\n")
    assert list(commands(block)) == [("one", "…"), ("two; echo $?", "said\n2")]


@pytest.mark.parametrize(
    ("promised", "printed", "true"),
    [("a  b\n", "a b\n\n", True), ("…\nb", "x\ny\nb", True), ("a … c", "a bb c", True), ("a", "a\nb", False),
     ("a.c", "abc", False), ("…", "", True), ("", "x", False)],
)  # fmt: skip
def test_what_a_page_promises_is_compared_with_what_is_printed(promised: str, printed: str, true: bool) -> None:
    assert fits(promised, printed) is true


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """With photo.jpg and speech.wav."""
    from skimage.data import astronaut

    from x2face_core.media.images import write_picture
    from x2face_lab.demo.inputs import SPEECH

    folder = tmp_path / "x2face-gamepad"
    folder.mkdir()
    write_picture(folder / "photo.jpg", astronaut())
    shutil.copy(SPEECH, folder / "speech.wav")
    return Reader(Environment(tmp_path), folder)


@pytest.mark.slow
@pytest.mark.weights
def test_the_tutorial_leads_where_it_says(reader: Reader) -> None:
    typed = []
    for line, promised, printed in reader.follow("tutorial.md"):
        assert fits(promised, printed), f"$ {line}\n{printed}"
        typed.append(line)
    films = {path.name for path in reader.folder.glob("*.mp4")}
    assert films == {"film.mp4", "shy.mp4", "awake.mp4", "talking.mp4"}
    assert len(typed) == 11


@pytest.mark.parametrize("page", ["tutorial.md", "modality.md"])
def test_a_walkthrough_uses_what_plugins_are_given_and_nothing_else_of_ours(page: str) -> None:
    code = "".join(block.text for block in blocks(page) if block.language == "python")
    used = re.findall(r"(?:from|import) (x2face_[\w.]+)(?: import (.*))?", code)
    ours = {module: names for module, names in used if not re.match(r"x2face_(gamepad|glove)\b", module)}
    assert set(ours) == {"x2face_plugins"}
    given = {name for module, names in used if module == "x2face_plugins" for name in names.split(", ")}
    assert given <= set(x2face_plugins.__all__)


def test_every_block_of_the_tutorial_is_used() -> None:
    assert all(block.title or block.language == "console" for block in blocks("tutorial.md"))

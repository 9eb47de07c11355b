"""What README and docs say holds: links lead somewhere, commands and options exist, the Python example runs."""

from __future__ import annotations

import pkgutil
import re
import shlex
from pathlib import Path

import click
import pytest

from x2face_cli.app import x2face
from x2face_core.model import X2Face
from x2face_core.training.recipes import RECIPES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_modules_and_names_that_pages_mention_exist() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in [*PAGES, ROOT / "CONTRIBUTING.md"])
    mentioned = set(re.findall(r"(?<![\w/.-])x2face_(?!gamepad|glove|model)[a-z]+(?:\.[A-Za-z_]\w*)+", text))
    assert len(mentioned) > 20
    for name in sorted(mentioned):
        pkgutil.resolve_name(name)


def commands() -> list[str]:
    """Every command of a shell block that calls x2face, also under torchrun, over all pages."""
    blocks = [block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines = [re.sub(r"^torchrun .*? -m x2face_cli ", "x2face ", line) for line in lines]
    return sorted({line[line.index("x2face ") :] for line in lines if re.search(r"(^|&& )x2face ", line)})


@pytest.mark.parametrize("line", commands())
def test_commands_in_the_docs_can_be_parsed(line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)[1:]
    command = x2face.get_command(click.Context(x2face), name)
    assert command is not None, f"there is no command {name}"
    command.make_context(name, arguments)


@pytest.mark.weights
def test_the_default_weights_are_small_and_described() -> None:
    info = X2Face.load().info
    assert info.path is not None
    assert info.path.stat().st_size <= 30_000_000
    assert info.recipe["name"] in RECIPES
    assert info.data and info.metrics


def test_every_fidelity_switch_exists() -> None:
    from x2face_core.networks.dims import Dims
    from x2face_core.training.recipes import with_settings

    text = (ROOT / "docs" / "fidelity.md").read_text()
    switches = dict(pair.split("=") for pair in re.findall(r"--set ([a-z_]+=[a-z0-9.]+)", text))
    assert len(switches) >= 5
    with_settings(RECIPES["paper"], Dims(), switches)


def test_rows_of_the_fidelity_table_are_complete() -> None:
    rows = re.findall(r"^\| ([a-m]) \|", (ROOT / "docs" / "fidelity.md").read_text(), re.MULTILINE)
    assert rows == list("abcdefghijklm")

"""Options that pages name, in commands or in prose, exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from x2face_cli.app import x2face
from x2face_cli.options import desk_options, driver_options
from x2face_cli.train_identity import train_identity
from x2face_cli.train_sync import train_sync
from x2face_plugins.registry import Registry

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = {
    "torchrun": {"--nproc-per-node", "--nnodes", "--max-restarts", "--rdzv-backend", "--rdzv-endpoint", "--rdzv-id"},
    "dask": {"--nworkers", "--nthreads"},
    "pip": {"--index-url", "--extra-index-url", "--no-deps"},
    "mkdocs": {"--strict"},
}
"""Of other programs."""
STRANGERS = re.compile(r"--(osc|text|blendshapes|emg|gamepad|glove|nod)\b")
"""Of plugins that are distributions of their own, or written on the page."""


def flags(options: list[click.Option] | list[click.Parameter]) -> Iterator[str]:
    for option in options:
        yield from (*option.opts, *option.secondary_opts)


def of_command(command: click.Command, context: click.Context) -> Iterator[str]:
    """Flags of a command and of all below it."""
    yield from flags(command.get_params(context))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from of_command(below, click.Context(below, parent=context, info_name=name))


@pytest.fixture(scope="module")
def known() -> set[str]:
    found = set(of_command(x2face, click.Context(x2face)))
    for command in (train_sync, train_identity):
        found |= set(flags(command.params))
    for offer in Registry.load().drivers().values():
        found |= {*flags(driver_options(offer.spec)), *flags(desk_options(offer.spec))}
    for program in ROOT.glob("benchmarks/**/*.py"):
        found |= set(re.findall(r'add_argument\(\s*(?:"-\w", )?"(--[\w-]+)"', program.read_text()))
    return found.union(*ELSEWHERE.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_that_a_page_names_exist(page: Path, known: set[str]) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*[a-z0-9](?![\w-])", page.read_text(encoding="utf-8")))
    assert sorted(one for one in named - known if not STRANGERS.match(one)) == []

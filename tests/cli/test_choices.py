"""Words that commands offer without importing torch are those that the code behind them knows."""

from __future__ import annotations

from typing import Any

import click
import pytest

from x2face_cli.evaluate import evaluate
from x2face_cli.export import SUFFIXES, export
from x2face_cli.table import table
from x2face_cli.train import train
from x2face_cli.train_identity import train_identity
from x2face_core.data.tables import SPLITS
from x2face_core.engines import exporting
from x2face_core.engines.graphs import GRAPHS
from x2face_core.networks.dims import PRESETS
from x2face_core.networks.identity import IDENTITY_PRESETS
from x2face_core.training.identity_recipe import IDENTITY_RECIPES
from x2face_core.training.recipes import RECIPES


def choices(command: click.Command, name: str) -> set[str]:
    (option,) = (one for one in command.params if one.name == name)
    assert isinstance(option.type, click.Choice)
    return set(option.type.choices)


@pytest.mark.parametrize(
    ("command", "name", "known"),
    [
        (evaluate, "split", SPLITS),
        (table.commands["1"], "split", SPLITS),
        (export, "part", GRAPHS),
        (train, "recipe", RECIPES),
        (train, "preset", PRESETS),
        (train_identity, "preset", IDENTITY_PRESETS),
        (train_identity, "preset", IDENTITY_RECIPES),
    ],
)
def test_every_word_is_known_and_every_one_known_is_offered(command: click.Command, name: str, known: Any) -> None:
    assert choices(command, name) == set(known)


def test_exported_files_have_one_suffix_a_format() -> None:
    assert SUFFIXES == exporting.SUFFIXES

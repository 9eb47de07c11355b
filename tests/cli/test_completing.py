"""What a shell completes."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from x2face_cli.app import x2face


@pytest.mark.parametrize(
    ("words", "typed", "expected"),
    [
        (["run", "--driver"], "a", ["audio"]),
        (["run", "--driver"], "zz", []),
        (["drivers", "show"], "po", ["pose"]),
        (["fit"], "mou", ["mouth"]),
        (["fit"], "fra", []),  # a driver, and no mapping
    ],
)
def test_names_of_what_is_installed_are_completed(words: list[str], typed: str, expected: list[str]) -> None:
    found = ShellComplete(x2face, {}, "x2face", "_X2FACE_COMPLETE").get_completions(words, typed)
    assert [one.value for one in found] == expected

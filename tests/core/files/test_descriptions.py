"""What a file says of itself is believed where it is of its kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from x2face_core.files.descriptions import described


@dataclass(frozen=True)
class Told:
    name: str
    labels: tuple[str, ...]
    parameters: dict[str, int] = field(default_factory=dict)
    fps: float = 25.0
    path: Path | None = None


GOOD = {"name": "a", "labels": ["x", "y"], "parameters": {"embedding": 3}, "fps": 30}


def test_what_a_file_says_of_itself_comes_back_in_its_types() -> None:
    assert described(Told, GOOD, path=None) == Told("a", ("x", "y"), {"embedding": 3}, 30)
    assert described(Told, {"name": "a", "labels": []}, path=Path("b")) == Told("a", (), path=Path("b"))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, "NoneType, not names and values"),
        ([], "list, not names and values"),
        ({**GOOD, "mood": 1}, "'mood' is unknown here"),
        ({"labels": []}, "name is missing"),
        ({**GOOD, "name": None}, "name is null; text is needed"),
        ({**GOOD, "name": 7}, "name is 7; text is needed"),
        ({**GOOD, "labels": "xy"}, 'labels is "xy"; a list of texts is needed'),
        ({**GOOD, "labels": [1]}, "labels is [1]; a list of texts is needed"),
        ({**GOOD, "parameters": {"embedding": "3"}}, "names and numbers is needed"),
        ({**GOOD, "fps": True}, "fps is true; a number is needed"),
        ({**GOOD, "path": "/etc/passwd"}, "'path' is unknown here"),
        ({**GOOD, "name": ["x" * 1000]}, "…; text is needed"),
    ],
)
def test_what_is_not_of_its_kind_is_named(told: Any, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        described(Told, told, path=None)
    assert said in str(refused.value)

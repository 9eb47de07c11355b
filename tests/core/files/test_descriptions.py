"""What a file says of itself is believed where it is of its kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from x2face_core.files.descriptions import described


@dataclass(frozen=True)
class Described:
    name: str
    labels: tuple[str, ...]
    parameters: dict[str, int] = field(default_factory=dict)
    fps: float = 25.0
    path: Path | None = None


GOOD = {"name": "a", "labels": ["x", "y"], "parameters": {"embedding": 3}, "fps": 30}


def test_what_a_file_says_of_itself_comes_back_in_its_types() -> None:
    assert described(Described, GOOD, path=None) == Described("a", ("x", "y"), {"embedding": 3}, 30)
    assert described(Described, {"name": "a", "labels": []}, path=Path("b")) == Described("a", (), path=Path("b"))


@pytest.mark.parametrize(
    ("content", "message"),
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
def test_what_is_not_of_its_kind_is_named(content: Any, message: str) -> None:
    with pytest.raises(ValueError) as refused:
        described(Described, content, path=None)
    assert message in str(refused.value)

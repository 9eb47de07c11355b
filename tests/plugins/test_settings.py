"""What a settings dataclass declares."""

from __future__ import annotations

from dataclasses import MISSING, dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest

from x2face_plugins import option
from x2face_plugins.settings import read_settings


class Blend(Enum):
    NORMAL = 1
    SOFT_LIGHT = 2


@dataclass(frozen=True)
class Settings:
    input: Path
    gain: float = option(1.5, help="How loud.", min=0, max=3)
    blend: Blend = Blend.NORMAL
    mode: Literal["a", "b"] = "a"
    word: str | None = option(None, choices=("yes", "no"))
    points: tuple[int, ...] = (1, 2)


def test_each_field_is_a_setting_in_its_order() -> None:
    path, gain, blend, mode, word, points = read_settings(Settings)
    assert (path.kind, path.default, path.required) == (Path, MISSING, True)
    assert (gain.kind, gain.default, gain.min, gain.max, gain.help) == (float, 1.5, 0, 3, "How loud.")
    assert (blend.kind, blend.choices) == (Blend, ("normal", "soft-light"))
    assert (mode.kind, mode.choices) == (str, ("a", "b"))
    assert (word.kind, word.optional, word.choices) == (str, True, ("yes", "no"))
    assert (points.kind, points.many, points.default) == (int, True, (1, 2))


@pytest.mark.parametrize("hint", [list[int], dict[str, int], int | str, tuple[int, int], Literal[1, 2], bytes])
def test_a_type_with_no_form_on_the_command_line_is_refused_by_name(hint: object) -> None:
    odd = dataclass(type("Odd", (), {"__annotations__": {"shape": hint}}))
    with pytest.raises(TypeError, match="the setting shape is"):
        read_settings(odd)

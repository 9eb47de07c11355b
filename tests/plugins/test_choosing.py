"""What is said of a driver becomes its settings and its shaping, from the command line and from Python alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest

from x2face_core.errors import UsageError
from x2face_core.streaming.shaping import Shaping
from x2face_plugins import DriverSpec, MappingSpec, option
from x2face_plugins.choosing import choose
from x2face_plugins.loading import Plugin
from x2face_plugins.registry import Registry
from x2face_plugins.settings import convert, read_settings


class Blend(Enum):
    NORMAL = 1
    SOFT_LIGHT = 2


@dataclass(frozen=True)
class Settings:
    input: Path = option(help="A file.")
    gain: float = option(1.0, min=0, max=3)
    rows: int | None = option(None, min=1)
    blend: Blend = option(Blend.NORMAL)
    mode: Literal["a", "b"] = option("a")
    sweep: str | None = option(None)
    loop: bool = option(True)
    points: tuple[int, ...] = option((1, 2))


def registry() -> Registry:
    pad = DriverSpec(name="pad", summary="", relative=True, settings=Settings, load=lambda one: one, demo=Settings)
    factors = [MappingSpec(name=name, summary="", labels=("x",), units=("1",), load=lambda: None, factor=factor)
               for name, factor in (("pose", True), ("emg", False))]  # fmt: skip
    return Registry([Plugin(name="pad", dist="acme", version="1", drivers=(pad,), mappings=tuple(factors))])


@pytest.mark.parametrize(
    ("field", "value", "held"),
    [
        ("input", "a.txt", Path("a.txt")),
        ("gain", "2", 2.0),
        ("gain", 2, 2.0),
        ("rows", 3.0, 3),
        ("rows", None, None),
        ("blend", "soft-light", Blend.SOFT_LIGHT),
        ("blend", Blend.SOFT_LIGHT, Blend.SOFT_LIGHT),
        ("sweep", 20, "20"),
        ("sweep", -12.5, "-12.5"),
        ("points", 5, (5,)),
        ("points", [5, "6"], (5, 6)),
        ("loop", False, False),
    ],
)
def test_a_value_becomes_what_the_field_declares(field: str, value: Any, held: Any) -> None:
    (setting,) = (one for one in read_settings(Settings) if one.name == field)
    assert convert(setting, value, "--pad") == held


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("gain", 4, "--pad-gain 4: is not from 0 to 3"),
        ("gain", "loud", "--pad-gain 'loud': a finite number is needed, not str"),
        ("gain", float("nan"), "a finite number is needed"),
        ("gain", True, "a finite number is needed"),
        ("rows", 1.5, "--pad-rows 1.5: a whole number is needed"),
        ("rows", 0, "is not 1 or more"),
        ("blend", "hard", "it may be normal, soft-light"),
        ("mode", "c", "it may be a, b"),
        ("loop", "yes", "--pad-loop 'yes': True or False is needed"),
        ("input", None, "--pad: a value is needed"),
        ("input", object(), "a path is needed"),
        ("weigth", 2, "pad has no setting weigth; did you mean weight?"),
        ("only", "nose", "--pad-only nose: there is no such factor; there are pose"),
        ("only", "", "only names no factor"),
        ("without", ("", ","), "without names no factor"),
        ("without", "emg", "--pad-without emg: there is no such factor"),
        ("weight", 11, "--pad-weight 11: is not from -10 to 10"),
    ],
)
def test_a_value_that_is_not_allowed_names_its_option(field: str, value: Any, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        choose(registry(), "pad", {"input": "a.txt", field: value})
    assert message in str(refused.value)


def test_the_desk_s_words_shape_and_the_others_set() -> None:
    chosen = choose(registry(), "acme:pad", {"input": "a.txt", "gain": 2, "weight": 0.5, "start": 1, "only": "pose"})
    assert chosen.settings == Settings(Path("a.txt"), 2.0)
    assert chosen.shaping == Shaping(weight=0.5, start=1.0, only=("pose",))
    assert (chosen.name, chosen.offer.name, chosen.input, chosen.files) == ("acme:pad", "pad", "a.txt", [Path("a.txt")])


def test_what_a_driver_needs_and_nobody_said_is_named() -> None:
    with pytest.raises(UsageError, match="--pad: a value is needed, for pad has no default for it"):
        choose(registry(), "pad", {})


def test_a_window_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(UsageError, match="--pad-…: start 2 is not before stop 1"):
        choose(registry(), "pad", {"input": "a", "start": 2, "stop": 1})

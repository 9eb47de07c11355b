"""Settings become options, and options settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import click
import pytest

from x2face_cli.options import desk_options, driver_fields, driver_options
from x2face_core.errors import UsageError
from x2face_plugins import DriverSpec, option
from x2face_plugins.choosing import build_settings
from x2face_plugins.settings import flag_name


class Blend(Enum):
    NORMAL = 1
    SOFT_LIGHT = 2


@dataclass(frozen=True)
class Settings:
    input: Path = option(help="A file.")
    gain: float = option(1.0, help="How loud.", min=0, max=3)
    top_rows: int | None = option(None, min=1)
    blend: Blend = option(Blend.NORMAL)
    mode: Literal["a", "b"] = option("a")
    word: str = option("yes", choices=("yes", "no"))
    absolute: bool = option(False)
    loop: bool = option(True)
    points: tuple[int, ...] = option((1, 2))
    marks: tuple[str, ...] | None = option(None)

    def __post_init__(self) -> None:
        if self.gain == 3 and self.loop:
            raise ValueError("a gain of 3 does not loop")


SPEC = DriverSpec(
    name="my_pad",
    summary="",
    relative=True,
    settings=Settings,
    load=lambda settings: settings,
    demo=lambda folder: Settings(folder),
)


def parsed(*arguments: str) -> Any:
    command = click.Command("run", params=[*driver_options(SPEC)])
    return built(command.make_context("run", list(arguments)).params)


def built(params: dict[str, Any]) -> Any:
    return build_settings(SPEC.name, SPEC.settings, driver_fields(SPEC, params))


def test_input_takes_the_driver_s_name_and_other_fields_follow_it() -> None:
    assert flag_name("my_pad", "input") == "--my_pad"
    assert flag_name("my_pad", "top_rows") == "--my_pad-top-rows"
    assert [one.opts[0] for one in driver_options(SPEC)][:3] == ["--my_pad", "--my_pad-gain", "--my_pad-top-rows"]


def test_what_is_not_given_keeps_its_default() -> None:
    assert parsed("--my_pad", "a.txt") == Settings(Path("a.txt"))
    assert built({"my_pad.input": Path("a.txt"), "other.gain": 9}) == Settings(Path("a.txt"))


def test_every_type_comes_back_as_what_the_settings_declare() -> None:
    given = ["--my_pad=a", "--my_pad-gain=2", "--my_pad-top-rows=4", "--my_pad-blend=soft-light", "--my_pad-mode=b"]
    given += ["--my_pad-word=no", "--my_pad-absolute", "--no-my_pad-loop", "--my_pad-points=5", "--my_pad-points=6"]
    expected = Settings(Path("a"), 2.0, 4, Blend.SOFT_LIGHT, "b", "no", True, False, (5, 6))
    assert parsed(*given, "--my_pad-marks=x") == Settings(**{**vars(expected), "marks": ("x",)})
    assert parsed(*given) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        "--my_pad-gain=4",
        "--my_pad-gain=nan",
        "--my_pad-gain=loud",
        "--my_pad-top-rows=0",
        "--my_pad-top-rows=1.5",
        "--my_pad-blend=hard",
        "--my_pad-mode=c",
        "--my_pad-word=maybe",
        "--my_pad-points=x",
    ],
)
def test_a_value_that_the_settings_do_not_allow_is_refused_with_its_option(wrong: str) -> None:
    with pytest.raises(click.BadParameter) as refused:
        parsed("--my_pad=a", wrong)
    assert wrong.partition("=")[0] in refused.value.format_message()


def test_a_setting_without_default_has_to_be_given() -> None:
    with pytest.raises(click.MissingParameter) as refused:
        parsed()
    assert "--my_pad" in refused.value.format_message()


def test_what_the_settings_themselves_refuse_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="my_pad do not go together: a gain of 3 does not loop"):
        parsed("--my_pad=a", "--my_pad-gain=3")


def test_the_help_tells_default_bounds_and_words() -> None:
    context = click.Context(click.Command("run"))
    shown = {one.opts[0]: " ".join(one.get_help_record(context) or ()) for one in driver_options(SPEC)}
    assert "[default: 1.0; 0<=x<=3]" in shown["--my_pad-gain"] and "How loud." in shown["--my_pad-gain"]
    assert "[required]" in shown["--my_pad"]
    assert "[normal|soft-light]" in shown["--my_pad-blend"] and "default: normal" in shown["--my_pad-blend"]
    assert "--my_pad-loop / --no-my_pad-loop" in shown["--my_pad-loop"]


def test_a_driver_that_reads_nothing_has_a_flag_of_its_name() -> None:
    @dataclass(frozen=True)
    class Nothing:
        amount: float = option(1.0, help="How much.")

    idle = DriverSpec(name="idle", summary="Blink", relative=True, settings=Nothing, load=lambda settings: settings,
                      demo=lambda folder: Nothing())  # fmt: skip
    flag, amount = driver_options(idle)
    assert (flag.opts, flag.is_flag, flag.help, amount.opts) == (["--idle"], True, "Blink.", ["--idle-amount"])
    assert not any(one.is_flag for one in driver_options(SPEC) if one.opts == ["--my_pad"])


def test_every_driver_has_the_desk_s_options() -> None:
    flags = [one.opts[0] for one in desk_options(SPEC)]
    assert flags == [f"--my_pad-{name}" for name in ("weight", "start", "stop", "only", "without")]

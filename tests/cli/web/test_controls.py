"""Controls made from settings: which kind each type gets, and what values become of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest

from x2face_core.errors import UsageError
from x2face_plugins import option
from x2face_plugins.settings import read_settings
from x2face_web.controls import Control, control_of, given, nice_step


class Side(Enum):
    LEFT = 1
    RIGHT_HAND = 2


@dataclass(frozen=True)
class Settings:
    input: Path = option(help="What drives.")
    film: str | None = option(None, metavar="FILM|CAMERA")
    words: str = option("hello", metavar="TEXT|FILE.txt")
    gain: float = option(1.0, min=0, max=5)
    degrees: float = option(10.0, min=-30, max=30)
    count: int = option(3, min=1, max=48)
    seed: int = option(0, min=0, max=2**32 - 1)
    smooth: float | None = option(None, min=0, max=10)
    free: float = option(2.5)
    on: bool = option(False)
    maybe: bool | None = option(None)
    blend: Literal["normal", "screen"] = option("screen")
    mode: Literal["a", "b"] | None = option(None)
    side: Side = option(Side.RIGHT_HAND)
    place: str | None = option(None, metavar="X,Y|ANCHOR")
    files: tuple[Path, ...] = option(())
    parts: tuple[str, ...] = option(())
    flip: tuple[Literal["x", "y"], ...] = option(())


SETTINGS = {one.name: one for one in read_settings(Settings)}


def control(name: str, **more: Any) -> Control:
    return control_of(SETTINGS[name], "nod", **more)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("input", "file"), ("film", "file"), ("words", "text"), ("gain", "slider"), ("degrees", "slider"),
        ("count", "slider"), ("seed", "number"), ("smooth", "number"), ("free", "number"), ("on", "switch"),
        ("maybe", "choice"), ("blend", "choice"), ("mode", "choice"), ("side", "choice"), ("place", "text"),
        ("files", "files"), ("parts", "text"), ("flip", "choices"),
    ],
)  # fmt: skip
def test_each_type_has_its_kind_of_control(name: str, kind: str) -> None:
    assert control(name).kind == kind


def test_no_type_that_settings_may_have_is_forgotten() -> None:
    assert len(SETTINGS) == len(fields(Settings)) == 18


def test_the_input_of_what_follows_a_sound_may_be_recorded_and_its_other_files_may_not() -> None:
    assert control("input", sound=True).kind == "sound"
    assert control("film", sound=True).kind == "file"


def test_a_text_with_suggestions_takes_others_too_and_a_tuple_takes_only_them() -> None:
    assert control("place", choices=("nose", "chin")).kind == "combination"
    assert given(control("place", choices=("nose",)), "0.1,-0.2") == "0.1,-0.2"
    assert control("parts", choices=("pose", "mouth")).choices == ("pose", "mouth")
    assert given(control("parts", choices=("pose", "mouth")), ["mouth"]) == ("mouth",)


def test_labels_name_the_driver_and_the_setting() -> None:
    assert control("smooth").label == "nod smooth"
    assert control_of(SETTINGS["gain"]).label == "gain"


def test_what_a_control_says_has_the_bounds_and_whether_it_is_needed() -> None:
    assert control("input").info == "What drives. Needed."
    assert control("gain").info == "From 0 to 5."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("input", None), ("words", "hello"), ("gain", 1.0), ("seed", 0), ("smooth", None), ("on", False),
        ("maybe", "default"), ("blend", "screen"), ("mode", "default"), ("side", "right-hand"), ("place", ""),
        ("parts", ""), ("flip", []),
    ],
)  # fmt: skip
def test_a_control_shows_the_default_at_first(name: str, value: Any) -> None:
    assert control(name).value == value


@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in ("input", "side")])
def test_what_is_shown_at_first_is_the_default(name: str) -> None:
    assert given(control(name), control(name).value) == SETTINGS[name].default


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [
        ("input", "/tmp/a.csv", "/tmp/a.csv"), ("gain", 2, 2), ("smooth", "0.5", 0.5), ("smooth", " ", None),
        ("seed", "7", 7), ("maybe", "yes", True), ("maybe", "no", False), ("mode", "b", "b"), ("on", True, True),
        ("parts", "pose, mouth ,", ("pose", "mouth")), ("flip", ["y"], ("y",)), ("words", "", "hello"),
        ("files", ["/tmp/a", "/tmp/b"], ("/tmp/a", "/tmp/b")),
    ],
)  # fmt: skip
def test_values_of_controls_become_values_of_settings(name: str, said: Any, value: Any) -> None:
    assert given(control(name), said) == value


def test_a_number_out_of_its_bounds_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="nod smooth '11': is not from 0 to 10"):
        given(control("smooth"), "11")


def test_a_text_that_names_a_file_of_the_server_is_refused(tmp_path: Path) -> None:
    (there := tmp_path / "secret.txt").write_text("secret")
    with pytest.raises(UsageError, match="nod words: names a file of the server"):
        given(control("words"), str(there))
    assert given(control("words"), "Hello. Is/was it you?") == "Hello. Is/was it you?"


def test_a_plain_word_may_be_the_name_of_a_folder_of_the_server_but_not_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("hello").mkdir()
    Path("LICENSE").touch()
    assert given(control("words"), "hello") == "hello"
    with pytest.raises(UsageError, match="nod words: names a file of the server"):
        given(control("words"), "LICENSE")


def test_a_text_of_any_length_is_not_taken() -> None:
    with pytest.raises(UsageError, match="6000 characters"):
        given(control("words"), "a" * 6000)


@pytest.mark.parametrize(("least", "step"), [(0.05, 0.05), (0.6, 1), (0.2, 0.2), (0.021, 0.05), (3, 5), (1e-4, 1e-4)])
def test_steps_are_round_numbers(least: float, step: float) -> None:
    assert nice_step(least) == pytest.approx(step)


def test_sliders_of_whole_numbers_go_in_ones_and_others_in_about_a_hundred() -> None:
    assert control("count").step == 1
    assert control("gain").step == pytest.approx(0.05)
    assert control("degrees").step == pytest.approx(1.0)

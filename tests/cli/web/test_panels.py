"""The column of drivers: every installed one has its panel, a stranger's too, and the command line says the same."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from x2face_cli.app import x2face
from x2face_cli.options import driver_fields
from x2face_core.errors import UsageError
from x2face_plugins.choosing import choose
from x2face_plugins.registry import Registry
from x2face_plugins.settings import read_settings
from x2face_web.command_line import command_line
from x2face_web.film_requests import words_of
from x2face_web.panels import Panel, panels, unusable

STRANGER = """
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from x2face_plugins import DriverSpec, hookimpl, option


@dataclass(frozen=True)
class Settings:
    input: Path = option(metavar="FILE.csv", help="What the gamepad sent.")
    reach: float = option(20.0, help="Degrees at full stick.", min=0, max=60)
    log: Path | None = option(None, writes=True)
    axis: Literal["yaw", "pitch"] = option("yaw")


@hookimpl
def x2face_drivers():
    yield DriverSpec(
        name="stick", summary="Turns", relative=True, settings=Settings, load=lambda settings: None, endless=True
    )
"""


def panel(name: str) -> Panel:
    return next(one for one in panels(Registry.load()) if one.name == name)


def test_there_is_a_panel_for_each_driver_that_is_listed() -> None:
    registry = Registry.load()
    assert [one.name for one in panels(registry)] == list(registry.drivers())


@pytest.mark.parametrize("name", ["audio", "edit", "frame", "idle", "pose", "track"])
def test_a_panel_has_a_control_for_each_setting_but_those_that_name_outputs(name: str) -> None:
    shown = panel(name)
    settings = [one.name for one in read_settings(shown.spec.settings)]
    assert [one.setting.name for one in shown.own] == [one for one in settings if (name, one) != ("edit", "save")]
    desk = ["weight", "start", "stop"] if shown.is_overlay else ["weight", "start", "stop", "only", "without"]
    assert [one.setting.name for one in shown.desk] == desk


def test_what_is_special_about_bundled_inputs_is_known_by_their_declarations() -> None:
    kinds = {name: panel(name).own[0].kind for name in ("audio", "edit", "frame", "pose", "track")}
    assert kinds == {"audio": "sound", "edit": "file", "frame": "file", "pose": "file", "track": "file"}
    at = next(one for one in panel("edit").own if one.setting.name == "at")
    assert at.kind == "combination" and "left_cheek" in at.choices
    only = next(one for one in panel("frame").desk if one.setting.name == "only")
    assert only.kind == "choices" and {"pose", "mouth", "eyes"} <= set(only.choices)


def test_a_stranger_s_driver_appears_by_itself(install: Callable[..., None]) -> None:
    install("acme", STRANGER)
    shown = panel("stick")
    assert (shown.dist, shown.version, shown.is_endless) == ("acme", "1.0", True)
    assert [(one.setting.name, one.kind) for one in shown.own] == [
        ("input", "file"), ("reach", "slider"), ("axis", "choice"),
    ]  # fmt: skip
    values = [one.value for one in shown.controls]
    values[0] = "/tmp/x/take.csv"
    assert shown.given(values) == {"input": "/tmp/x/take.csv"}
    values[1] = 30
    assert words_of({}, [(shown, shown.given(values))]) == {
        "driver": ["stick"], "stick": "/tmp/x/take.csv", "stick_reach": 30,
    }  # fmt: skip


def test_a_plugin_that_does_not_load_is_told_with_its_reason(install: Callable[..., None]) -> None:
    install("acme", "import nothing_of_that_name")
    assert "nothing_of_that_name" in unusable(Registry.load())["acme of acme"]


def parsed(line: str) -> Any:
    """What `x2face run` understands: its own options and those of drivers, which are not the defaults."""
    name, *arguments = shlex.split(line)[1:]
    command = x2face.get_command(click.Context(x2face), name)
    assert command is not None
    with command.make_context(name, arguments) as ctx:
        drivers = {one: driver_fields(ctx.obj.registry.driver(one).spec, ctx.params) for one in ctx.obj.drivers}
        return {key: value for key, value in ctx.params.items() if "." not in key}, drivers, ctx.obj.registry


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("idle", {}),
        ("idle", {"amount": 0.5, "weight": -0.25}),
        ("audio", {"input": "/up/load/speech.wav", "gain": 1.5, "only": ("mouth",), "correction": "none"}),
        ("frame", {"input": "/up/load/my film's.mp4", "absolute": True, "without": ("pose", "mouth"), "start": 0.5}),
        ("pose", {"yaw": "-20:20", "pitch": "-5"}),
        ("edit", {"input": "/up/load/-odd name.png", "at": "-0.1,0.2", "flip": False, "scale": 0.11}),
    ],
)
def test_the_command_line_is_understood_as_what_was_chosen(name: str, given: dict[str, Any]) -> None:
    shown = panel(name)
    own = {"seconds": 2.0, "paste_back": True, "size": 512}
    own, drivers, registry = parsed(command_line(["/up/load/photo.jpg"], own, [(shown, given)], "out.mp4"))
    assert (own["seconds"], own["paste_back"], own["size"], own["output"]) == (2.0, True, 512, "out.mp4")
    assert own["source"] == (Path("photo.jpg"),)
    names = {key: Path(value).name if key == "input" else value for key, value in given.items()}
    wanted, found = choose(registry, name, names), choose(registry, name, drivers[name])
    assert (found.settings, found.shaping) == (wanted.settings, wanted.shaping)


def test_the_command_line_has_names_of_files_and_not_where_the_server_keeps_them() -> None:
    line = command_line(
        ["/tmp/secret/a.jpg", "/tmp/secret/b.jpg"], {"embedded": "/tmp/secret/p.png"}, [(panel("idle"), {})], "o.mp4"
    )
    assert line == "x2face run -s a.jpg -s b.jpg --idle --embedded p.png -o o.mp4"


def test_what_cannot_be_is_told_by_the_setting_s_name() -> None:
    shown = panel("audio")
    values = [one.value for one in shown.controls]
    values[[one.setting.name for one in shown.controls].index("smooth")] = "wide"
    with pytest.raises(UsageError, match="audio smooth 'wide': a finite number is needed"):
        shown.given(values)


def test_a_preset_is_taken_with_its_pictures_only() -> None:
    shown = panel("edit")

    def given(name: str) -> dict[str, Any]:
        return shown.given([name if one.setting.name == "input" else one.value for one in shown.controls])

    assert given("/uploads/preset.zip") == {"input": "/uploads/preset.zip"}
    with pytest.raises(UsageError, match="pack preset and pictures into one .zip"):
        given("/uploads/preset.json")


@pytest.mark.parametrize("name", ["audio", "edit", "frame", "track"])
def test_an_input_that_is_missing_is_told_in_the_page_s_words(name: str) -> None:
    shown = panel(name)
    nothing = [None if one.is_upload else one.value for one in shown.controls]
    with pytest.raises(UsageError, match=f"^{name} input is needed: upload it, or take {name} out of use.$"):
        shown.given(nothing)

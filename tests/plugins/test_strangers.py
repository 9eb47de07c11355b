"""Plugins as strangers install them: by pip, into an environment of their own, beside one another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.environments import Environment, write_wheel
from x2face_core.media.images import write_picture
from x2face_testkit.templates import SUMMARIES

pytestmark = pytest.mark.slow
TEMPLATE = Path(__file__).parents[2] / "plugins" / "template"
EVERY_OPTION = """
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal
from x2face_plugins import Chunk, DriverSpec, hookimpl, option

class Blend(Enum):
    NORMAL = 1
    SOFT_LIGHT = 2

@dataclass(frozen=True)
class Settings:
    input: Path = option(help="A table.", metavar="FILE.csv")
    gain: float = option(1.5, help="How far.", min=0, max=3)
    rows: int = option(4, help="How many rows.", min=1)
    loop: bool = option(True, help="From the start again.")
    quick: bool = option(False, help="In a hurry.")
    mode: Literal["a", "b"] = option("a", help="Which way.")
    blend: Blend = option(Blend.NORMAL, help="How it is mixed.")
    word: str = option("yes", choices=("yes", "no"), help="Whether.")
    marks: tuple[str, ...] = option((), help="Marks.")
    limit: float | None = option(None, help="At most so far.")

class Every:
    def __init__(self, settings):
        self.settings = settings

    def drive(self, source):
        import numpy as np
        print(self.settings)
        yield Chunk(np.zeros((self.settings.rows, 128)), 25.0)

@hookimpl
def x2face_drivers():
    yield DriverSpec(name="every", summary="Every sort of option", relative=True, settings=Settings, load=Every,
                     demo=lambda folder: Settings(folder))
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """An environment with the template, a new plugin of each kind, and one with every sort of option."""
    environment = Environment(tmp_path_factory.mktemp("strangers"))
    for said in environment.x2face_each(*(["drivers", "new", f"my_{kind}", "--kind", kind] for kind in SUMMARIES)):
        assert (said.code, said.err) == (0, "")
    editable = [part for kind in SUMMARIES for part in ("-e", f"x2face-my-{kind}")]
    wheel = write_wheel(environment.folder, "acme-every", {"acme_every.py": EVERY_OPTION}, {"every": "acme_every"})
    environment.pip_install(*editable, TEMPLATE, wheel)
    picture = np.full((64, 64, 3), 60, np.uint8)
    picture[16:48, 20:44] = (210, 170, 140)
    write_picture(environment.folder / "s.png", picture)
    yield environment


def test_they_are_listed_with_their_distributions(environment: Environment) -> None:
    listed = json.loads(environment.x2face("drivers", "--json").stdout)
    theirs = {(one["name"], one["kind"], one["dist"], one["version"]) for one in listed if one["dist"] != "x2face"}
    assert theirs == {
        ("gamepad", "offset", "x2face-gamepad", "0.1.0"),
        ("my_offset", "offset", "x2face-my-offset", "0.1.0"),
        ("my_absolute", "absolute", "x2face-my-absolute", "0.1.0"),
        ("my_overlay", "overlay", "x2face-my-overlay", "0.1.0"),
        ("my_mapping", "offset", "x2face-my-mapping", "0.1.0"),
        ("my_mapping", "mapping", "x2face-my-mapping", "0.1.0"),
        ("every", "offset", "acme-every", "1.0"),
    }
    assert {one["status"] for one in listed} == {"ok"}


def test_each_keeps_its_promises(environment: Environment) -> None:
    names = ["gamepad", *(f"my_{kind}" for kind in SUMMARIES)]
    for name, said in zip(names, environment.x2face_each(*(["drivers", "check", name] for name in names)), strict=True):
        assert said.code == 0, said.out
        assert {line.split()[0] for line in said.out.splitlines() if not line.startswith(name)} == {"ok"}


def test_the_tests_that_they_bring_pass(environment: Environment) -> None:
    folders = [*(f"x2face-my-{kind}" for kind in SUMMARIES), TEMPLATE]
    done = environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *folders)
    assert done.returncode == 0, done.stdout


def test_every_sort_of_option_is_in_the_help(environment: Environment) -> None:
    help_text = environment.x2face("run", "--driver", "every", "--help").stdout
    for expected in ("--every FILE.csv", "A table.", "--every-gain", "0<=x<=3", "default: 1.5", "--every-rows", "x>=1",
                 "--every-loop / --no-every-loop", "--every-quick", "[a|b]", "normal|soft-light", "[yes|no]",
                 "--every-marks", "--every-limit"):  # fmt: skip
        assert expected in help_text, expected


def test_a_value_that_an_option_does_not_take_is_wrong_usage(environment: Environment) -> None:
    wrong = [
        ("--every-gain", "4"), ("--every-gain", "nan"), ("--every-gain", "much"), ("--every-rows", "0"),
        ("--every-rows", "1.5"), ("--every-mode", "c"), ("--every-blend", "odd"), ("--every-word", "maybe"),
        ("--every-quick", "yes"), ("--every-limit", "far"), ("--every-weight", "much"), ("--every-nothing", "1"),
    ]  # fmt: skip
    lines = [["run", "-s", "s.png", "--every", "a.csv", *option] for option in wrong]
    for option, said in zip(wrong, environment.x2face_each(*lines), strict=True):
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1), option


@pytest.mark.weights
def test_settings_arrive_as_they_were_given(environment: Environment) -> None:
    done = environment.x2face(
        "run", "-s", "s.png", "--crop", "none", "--every", "a.csv", "--every-gain", "3", "--every-rows", "2",
        "--no-every-loop", "--every-quick", "--every-mode", "b", "--every-blend", "soft-light", "--every-word", "no",
        "--every-marks", "x", "--every-marks", "y", "--every-limit", "0.5", "-o", "every.gif",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "(input=PosixPath('a.csv'), gain=3.0, rows=2, loop=False, quick=True, mode='b'" in done.stdout + done.stderr
    assert "SOFT_LIGHT" in done.stdout + done.stderr
    assert "word='no', marks=('x', 'y'), limit=0.5)" in done.stdout + done.stderr


@pytest.mark.weights
def test_the_template_drives_a_face_alone_and_with_others(environment: Environment) -> None:
    (environment.folder / "nod.txt").write_text("0 0\n0.5 0.5\n1 0\n")
    line = ["run", "-s", "s.png", "--crop", "none", "--size", "64", "--gamepad", "nod.txt", "--json"]
    alone = environment.x2face(*line, "-o", "alone.mp4")
    assert alone.returncode == 0, alone.stderr
    (driver,) = json.loads(alone.stdout)["drivers"]
    assert (driver["name"], driver["dist"], driver["version"], driver["kind"]) == (
        "gamepad", "x2face-gamepad", "0.1.0", "offset",
    )  # fmt: skip
    assert driver["rms"] > 0
    both = environment.x2face(*line, "--driver", "idle", "--driver", "my_overlay", "-o", "both.mp4")
    assert both.returncode == 0, both.stderr
    assert [one["name"] for one in json.loads(both.stdout)["drivers"]] == ["gamepad", "idle", "my_overlay"]


def test_the_environment_variable_keeps_strangers_out(environment: Environment) -> None:
    listed = json.loads(environment.x2face("drivers", "--json", X2FACE_PLUGINS="x2face_gamepad").stdout)
    statuses = {one["dist"]: one["status"] for one in listed}
    assert statuses.pop("x2face") == statuses.pop("x2face-gamepad") == "ok"
    assert set(statuses.values()) == {"disabled"}
    done = environment.x2face("run", "-s", "s.png", "--driver", "every", X2FACE_PLUGINS="")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "every of acme-every is disabled" in done.stderr


def test_a_bad_input_of_a_stranger_s_is_the_user_s_error(environment: Environment) -> None:
    (environment.folder / "bad.txt").write_text("0 0\nfar left\n")
    done = environment.x2face("run", "-s", "s.png", "--gamepad", "bad.txt")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "bad.txt, line 2: expected x and y" in done.stderr

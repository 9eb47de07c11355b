"""A dozen hostile plugins at once: everybody else's work goes on, and each failure names its owner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.environments import Environment, Said, write_wheel
from x2face_core.media.images import write_picture

pytestmark = [pytest.mark.slow, pytest.mark.weights]

HEAD = """
from dataclasses import dataclass
from x2face_plugins import Chunk, DriverSpec, hookimpl, option

@dataclass(frozen=True)
class Settings:
    size: float = option(0.0, help="How far.")

class Driver:
    def __init__(self, settings):
        pass

    def drive(self, source):
        import numpy as np
        {drive}

@hookimpl
def {hook}():
    {declare}
    {repeat}yield DriverSpec(name="{name}", summary="Hostile", relative=True, settings=Settings, load=Driver,
        demo=lambda folder: Settings(), api={api})
"""


def text(name: str, drive: str = "yield Chunk(np.zeros((3, 128)), 25.0)", **more: Any) -> str:
    parts = dict(hook="x2face_drivers", declare="", repeat="", api=1, name=name, drive=drive)
    return HEAD.format(**(parts | more))


HOSTILE = {
    "raises": "1 / 0",
    "exits": "import sys; sys.exit(0)",
    "declares": text("declares", declare="raise RuntimeError('no')"),
    "endless": text("endless", repeat="while True: "),
    "misspelt": text("misspelt", hook="x2face_driver"),
    "newer": text("newer", api=99),
    "clash": text("frame"),
    "midway": text("midway", "yield Chunk(np.zeros((1, 128)), 25.0); raise KeyError('half')"),
    "quits": text("quits", "raise SystemExit(0); yield"),
    "nan": text("nan", "yield Chunk(np.full((3, 128), np.nan), 25.0)"),
    "narrow": text("narrow", "yield Chunk(np.zeros((3, 127)), 25.0)"),
    "whole": text("whole", "yield Chunk(np.zeros((3, 128), int), 25.0)"),
    "nothing": text("nothing", "yield from ()"),
    "forever": text("forever", "while True: yield Chunk(np.zeros((1, 128)), 25.0)"),
}
UNLOADED = ["raises", "exits", "declares", "endless", "misspelt", "newer"]
FAILING = ["midway", "quits", "nan", "narrow", "whole", "nothing"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    environment = Environment(tmp_path_factory.mktemp("hostile"))
    wheels = [
        write_wheel(environment.folder, f"acme-{name}", {f"acme_{name}.py": code}, {name: f"acme_{name}"})
        for name, code in HOSTILE.items()
    ]
    environment.pip_install(*wheels)
    yield environment


@pytest.fixture
def place(tmp_path: Path) -> Path:
    picture = np.full((64, 64, 3), 60, np.uint8)
    picture[16:48, 20:44] = (210, 170, 140)
    for name in ("s.png", "film/0.png", "film/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_picture(tmp_path / name, picture)
    return tmp_path


def run_all(environment: Environment, place: Path, *lines: list[str]) -> list[Said]:
    """Several runs in one process of the environment."""
    base = ["run", "-s", "s.png", "--crop", "none", "--size", "64"]
    return environment.x2face_each(*([*base, *line] for line in lines), cwd=place)


def test_each_failure_is_listed_with_its_distribution(environment: Environment) -> None:
    listing, refused, strict = environment.x2face_each(
        ["drivers", "--json"],
        ["drivers", "--json", "--strict-plugins"],  # an option of run
        ["run", "-s", "s.png", "--driver", "frame", "--strict-plugins"],
    )
    listed = {one["dist"]: one for one in json.loads(listing.out) if one["dist"] != "x2face"}
    assert listing.code == 0 and len(listed) == len(HOSTILE)
    for name in UNLOADED:
        one = listed[f"acme-{name}"]
        assert (one["name"], one["kind"], one["status"], one["version"]) == (name, None, "failed", "1.0")
        assert one["error"] and "\n" not in one["error"]
    assert listed["acme-clash"]["status"] == "conflict"
    assert {listed[f"acme-{name}"]["status"] for name in (*FAILING, "forever")} == {"ok"}
    assert (refused.code, strict.code) == (2, 6)


def test_our_own_drivers_work_beside_them(environment: Environment, place: Path) -> None:
    frame = ["--frame", "film", "--frame-crop", "none", "--json"]
    pose = ["--pose-yaw", "0:10", "--pose-seconds", "0.1", "--driver", "pose", "--json"]
    forever = ["--driver", "forever", "--driver", "frame", *frame]
    runs = run_all(environment, place, [*frame, "-o", "a.mp4"], [*pose, "-o", "b.mp4"], [*forever, "-o", "c.mp4"])
    assert [code for code, *_ in runs] == [0, 0, 0], runs
    dists = [[one["dist"] for one in json.loads(out)["drivers"]] for _, out, _ in runs]
    assert dists == [["x2face"], ["x2face"], ["acme-forever", "x2face"]]
    assert json.loads(runs[2].out)["frames"] == 2  # the shortest ends the film


def test_a_driver_that_fails_ends_its_run_in_one_line_that_names_it(environment: Environment, place: Path) -> None:
    before = sorted(place.rglob("*"))
    beside = [["--driver", name, "--frame", "film", "--frame-crop", "none"] for name in FAILING]
    runs = run_all(environment, place, *(["--driver", name] for name in FAILING), *beside)
    for name, (code, out, err) in zip(FAILING * 2, runs, strict=True):
        assert (code, out, err.count("\n")) == (6, "", 1), (name, err)
        assert err.startswith(f"x2face: error: The driver '{name}' of acme-{name} 1.0 ")
    assert sorted(place.rglob("*")) == before


def test_naming_one_that_did_not_load_tells_why(environment: Environment, place: Path) -> None:
    for name, (code, out, err) in zip(
        UNLOADED, run_all(environment, place, *(["--driver", name] for name in UNLOADED)), strict=True
    ):
        assert (code, out, err.count("\n")) == (6, "", 1), (name, err)
        assert f"the plugin {name} of acme-{name} failed to load" in err


def test_one_that_goes_on_for_ever_ends_when_it_is_told(environment: Environment, place: Path) -> None:
    ((code, out, err),) = run_all(environment, place, ["--driver", "forever", "--seconds", "0.2", "-o", "f.gif"])
    assert (code, Path(out.strip()).name) == (0, "f.gif"), err

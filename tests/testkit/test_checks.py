"""Good plugins keep every promise, and whoever breaks one is told which."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.testkit.handmade import (
    Settings,
    breaks,
    brighter,
    broken_by,
    demo,
    driver_of,
    good,
    mapping_of,
    overlay_of,
    read,
    source_of,
)
from x2face_plugins import Chunk, option
from x2face_testkit import Broken, promise_of
from x2face_testkit.choosing import OF_DRIVERS, OF_MAPPINGS, OF_OVERLAYS


def test_every_promise_is_a_line_and_no_two_are_the_same() -> None:
    promises = [promise_of(check) for check in {*OF_DRIVERS, *OF_OVERLAYS, *OF_MAPPINGS}]
    assert all(promise.endswith(".") and 20 < len(promise) < 130 for promise in promises)
    assert len(set(promises)) == len(promises)


@pytest.mark.parametrize(
    "spec", [driver_of(), driver_of(relative=False), overlay_of(brighter), mapping_of(), mapping_of(demo=None)],
    ids=["offset", "absolute", "overlay", "factor", "factor without a demo"],
)  # fmt: skip
def test_a_good_plugin_keeps_all_promises(spec: Any, tmp_path: Path) -> None:
    assert broken_by(spec, tmp_path) == set()


def rows(*chunks: Any) -> Callable[..., Any]:
    return lambda self, source: iter(chunks)


def wide(n: int, value: float = 0.0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.full((n, 128), value, dtype=dtype)


def forgets_the_seed(self: Any, source: Any) -> Any:
    yield Chunk(torch.randn(3, 128), 25.0)


def tampers(self: Any, source: Any) -> Any:
    source.vector.add_(1)
    yield Chunk(wide(2), 25.0)


def goes_on(self: Any, source: Any) -> Any:
    for _ in itertools.count():
        yield Chunk(wide(1000), 25.0)


def leaves_a_thread(self: Any, source: Any) -> Any:
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    yield Chunk(wide(2), 25.0)


def keeps_a_file_open(self: Any, source: Any) -> Any:
    self.file = self.settings.input.open()
    yield Chunk(wide(2), 25.0)


def raises_when_closed(self: Any, source: Any) -> Any:
    try:
        yield Chunk(wide(2), 25.0)
        yield Chunk(wide(2), 25.0)
    finally:
        raise RuntimeError("no")


def swallows(self: Any, source: Any) -> Any:
    n = int(self.settings.input.read_text()) if self.settings.input.exists() else 3
    yield Chunk(wide(n), 25.0)


def parses(self: Any, source: Any) -> Any:
    yield Chunk(wide(int(self.settings.input.read_bytes().decode("latin-1"))), 25.0)


@dataclass(frozen=True)
class Undocumented:
    input: Path = option(help="A file.")
    size: float = option(0.1)


@dataclass(frozen=True)
class OutOfItsLimits:
    input: Path = option(help="A file.")
    size: float = option(2.0, help="How far.", max=1)


BAD_DRIVERS = {
    "yields nothing": (rows(), "yields_vectors"),
    "yields arrays": (rows(wide(2)), "yields_vectors"),
    "yields a row": (rows(Chunk(torch.zeros(128), 25.0)), "yields_vectors"),
    "yields narrow rows": (rows(Chunk(torch.zeros(2, 64), 25.0)), "yields_vectors"),
    "yields no rows": (rows(Chunk(wide(0), 25.0)), "yields_vectors"),
    "yields integers": (rows(Chunk(np.zeros((2, 128), int), 25.0)), "yields_vectors"),
    "yields other pictures": (rows(Chunk(wide(2), 25.0, torch.zeros(3, 3, 8, 8))), "yields_vectors"),
    "yields nan": (rows(Chunk(wide(2, torch.nan), 25.0)), "yields_finite_numbers"),
    "yields infinity": (rows(Chunk(wide(2), 25.0), Chunk(wide(2, torch.inf), 25.0)), "yields_finite_numbers"),
    "changes its rate": (rows(Chunk(wide(2), 25.0), Chunk(wide(2), 30.0)), "keeps_one_rate"),
    "has no rate": (rows(Chunk(wide(2), 0.0)), "keeps_one_rate"),
    "forgets the seed": (forgets_the_seed, "repeats_itself"),
    "tampers with the source": (tampers, "leaves_the_source_alone"),
    "goes on": (goes_on, "ends_or_says_so"),
    "leaves a thread": (leaves_a_thread, "stops_when_told"),
    "keeps a file open": (keeps_a_file_open, "stops_when_told"),
    "raises when closed": (raises_when_closed, "stops_when_told"),
    "takes no notice of a missing file": (swallows, "says_what_is_missing"),
    "raises a ValueError on rubbish": (parses, "refuses_rubbish"),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the file that is kept open
@pytest.mark.parametrize("bad", BAD_DRIVERS)
def test_a_driver_that_breaks_a_promise_is_caught_at_it(
    bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive, promise = BAD_DRIVERS[bad]
    monkeypatch.setattr("x2face_testkit.ending.GRACE", 0.0)  # what is left here is left for ever
    assert breaks(driver_of(drive), promise, tmp_path)


@pytest.mark.parametrize(
    ("attributes", "promise"),
    [
        ({"endless": True}, "ends_or_says_so"),
        ({"relative": "no"}, "tells_the_truth"),
        ({"frames": 6}, "tells_the_truth"),
        ({"sound": Path("nowhere.wav")}, "tells_the_truth"),
        ({"box": (1, 2, 3)}, "tells_the_truth"),
        ({"warnings": [1]}, "tells_the_truth"),
        ({"holds": "pose"}, "tells_the_truth"),
        ({"holds": ("nothing",)}, "holds_what_it_says"),
    ],
)
def test_a_driver_that_tells_lies_of_itself_is_caught(attributes: dict[str, Any], promise: str, tmp_path: Path) -> None:
    assert breaks(driver_of(attributes=attributes), promise, tmp_path)


def test_what_a_driver_tells_of_itself_may_be_true(tmp_path: Path) -> None:
    attributes = {"frames": 7, "box": (0, 0, 1, 1), "sound": tmp_path / "a.wav", "warnings": ["mind the gap"]}
    (tmp_path / "a.wav").touch()
    assert broken_by(driver_of(attributes=attributes), tmp_path) == set()


@pytest.mark.parametrize("settings", [Undocumented, OutOfItsLimits])
def test_an_option_without_help_or_beyond_its_limits_is_caught(settings: Any, tmp_path: Path) -> None:
    spec = driver_of(settings=settings, demo=lambda folder: settings(demo(folder).input))
    assert broken_by(spec, tmp_path) == {"documents_its_options"}


def test_a_demo_of_other_settings_is_caught(tmp_path: Path) -> None:
    assert breaks(driver_of(demo=lambda folder: None), "brings_a_demo", tmp_path)


def test_what_cannot_be_held_is_caught(tmp_path: Path) -> None:
    assert broken_by(driver_of(holds=("nothing",)), tmp_path) == {
        "goes_with_others", "holds_what_it_says", "makes_a_film",
    }  # fmt: skip


def test_what_is_held_stays_as_it_is_in_the_source(tmp_path: Path) -> None:
    spec, mapping = driver_of(holds=("hand",)), mapping_of()
    check = next(check for check in OF_DRIVERS if check.__name__ == "holds_what_it_says")
    assert check(spec, source_of(spec, mapping), tmp_path) is None
    slack = mapping_of({"read": lambda self, vectors: vectors[:, :2] / 2})
    with pytest.raises(Broken, match="hand moves by up to"):
        check(spec, source_of(spec, slack), tmp_path / "again")


def test_a_live_driver_is_read_for_a_few_rows_only(tmp_path: Path) -> None:
    def slow(self: Any, source: Any) -> Any:
        read(self.settings.input)
        for _ in itertools.count():
            time.sleep(0.01)
            yield Chunk(wide(1), 25.0)

    assert broken_by(driver_of(slow, live=True, endless=True), tmp_path) == set()  # would never end with all rows


def test_the_good_driver_is_what_it_is_taken_for(tmp_path: Path) -> None:
    (driver,) = [driver_of().load(Settings(demo(tmp_path).input, size=1))]
    assert len(list(good(driver, source_of()))) == 7

"""Good plugins keep every promise, and whoever breaks one is told which."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.testkit.handmade import (
    Settings,
    demo,
    driver_of,
    good,
    mapping_of,
    overlay_of,
    read,
    source_of,
)
from x2face_core.errors import X2FaceError
from x2face_core.foreign import Owner, call_foreign
from x2face_plugins import Chunk, EmbeddedFace, InputError, option
from x2face_testkit import Broken, promise_of
from x2face_testkit.choosing import OF_DRIVERS, OF_MAPPINGS, OF_OVERLAYS, checks_of


def broken_by(spec: Any, folder: Path) -> set[str]:
    """The promises that a spec breaks."""
    return {check.__name__ for check in checks_of(spec) if breaks(spec, check.__name__, folder / check.__name__)}


def breaks(spec: Any, promise: str, folder: Path) -> bool:
    """Whether a spec breaks that promise, by any kind of failure."""
    (check,) = [check for check in checks_of(spec) if check.__name__ == promise]
    folder.mkdir(exist_ok=True)
    try:
        call_foreign(Owner("driver", "it"), lambda: check(spec, source_of(spec), folder))
    except X2FaceError:
        return True
    return False


def test_every_promise_is_a_line_and_no_two_are_the_same() -> None:
    promises = [promise_of(check) for check in {*OF_DRIVERS, *OF_OVERLAYS, *OF_MAPPINGS}]
    assert all(promise.endswith(".") and 20 < len(promise) < 130 for promise in promises)
    assert len(set(promises)) == len(promises)


def brighter(self: Any, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
    read(self.settings.input)
    return replace(face, texture=face.texture * 0.9 + 0.1)


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
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
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
def test_a_driver_that_breaks_a_promise_is_caught_at_it(bad: str, tmp_path: Path) -> None:
    drive, promise = BAD_DRIVERS[bad]
    assert breaks(driver_of(drive), promise, tmp_path)


@pytest.mark.parametrize(
    ("told", "promise"),
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
def test_a_driver_that_tells_lies_of_itself_is_caught(told: dict[str, Any], promise: str, tmp_path: Path) -> None:
    assert breaks(driver_of(told=told), promise, tmp_path)


def test_what_a_driver_tells_of_itself_may_be_true(tmp_path: Path) -> None:
    told = {"frames": 7, "box": (0, 0, 1, 1), "sound": tmp_path / "a.wav", "warnings": ["mind the gap"]}
    (tmp_path / "a.wav").touch()
    assert broken_by(driver_of(told=told), tmp_path) == set()


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


def darker_in_place(self: Any, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
    face.texture.mul_(0.5)
    return face


BAD_OVERLAYS = {
    "answers a texture": (lambda self, face, seconds: face.texture, "paints_a_face"),
    "answers another size": (
        lambda self, face, seconds: replace(face, texture=face.texture[:, ::2, ::2]), "paints_a_face",
    ),
    "leaves 0..1": (lambda self, face, seconds: replace(face, texture=face.texture + 1), "paints_a_face"),
    "answers doubles": (lambda self, face, seconds: replace(face, texture=face.texture.double()), "paints_a_face"),
    "loses the anchors": (lambda self, face, seconds: EmbeddedFace(face.texture), "keeps_the_anchors"),
    "paints in place": (darker_in_place, "leaves_the_face_alone"),
    "moves and does not say so": (
        lambda self, face, seconds: replace(face, texture=face.texture / (1 + seconds)), "paints_the_same_again",
    ),
    "paints by dice": (
        lambda self, face, seconds: replace(face, texture=torch.rand_like(face.texture)), "paints_the_same_again",
    ),
    "takes no notice of a missing file": (lambda self, face, seconds: face, "says_what_is_missing"),
    "fails": (lambda self, face, seconds: 1 / 0, "shows_in_a_film"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_OVERLAYS)
def test_an_overlay_that_breaks_a_promise_is_caught_at_it(bad: str, tmp_path: Path) -> None:
    edit, promise = BAD_OVERLAYS[bad]
    assert breaks(overlay_of(edit), promise, tmp_path)


def test_an_overlay_that_says_so_may_move(tmp_path: Path) -> None:
    def fading(self: Any, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        return replace(brighter(self, face, seconds), texture=face.texture / (1 + seconds))

    assert broken_by(overlay_of(fading, moving=True), tmp_path) == set()


BAD_MAPPINGS = {
    "cannot be read": ({"read": None}, "reads_what_it_wrote"),
    "writes narrow vectors": ({"write": lambda self, values: values}, "writes_vectors"),
    "writes infinity": ({"write": lambda self, values: torch.full((len(values), 128), torch.inf)}, "writes_vectors"),
    "mixes rows": (
        {"write": lambda self, values: (values - values.mean(0)).repeat(1, 64)}, "writes_vectors",
    ),
    "reports nothing": ({"fit": lambda self, examples: None}, "learns_from_examples"),
    "makes odd examples": ({"examples": lambda self, folder, film: [(torch.zeros(3, 1), torch.zeros(3, 128))]},
                           "learns_from_examples"),
    "makes no examples": ({"examples": lambda self, folder, film: []}, "learns_from_examples"),
    "forgets": ({"state_dict": lambda self: {"scale": torch.ones(1)}}, "survives_being_stored"),
    "stores no tensors": ({"state_dict": lambda self: {"scale": 1.0}}, "survives_being_stored"),
    "reads something else": ({"read": lambda self, vectors: vectors[:, 2:4]}, "reads_what_it_wrote"),
    "makes examples of nothing": ({"examples": lambda self, folder, film: [(torch.rand(9, 2), torch.rand(9, 128))]},
                                  "says_when_there_is_nothing"),
    "breaks on nothing": ({"examples": lambda self, folder, film: [1 / 0]}, "says_when_there_is_nothing"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD_MAPPINGS)
def test_a_mapping_that_breaks_a_promise_is_caught_at_it(bad: str, tmp_path: Path) -> None:
    members, promise = BAD_MAPPINGS[bad]
    assert breaks(mapping_of(members), promise, tmp_path)


def test_a_mapping_that_can_be_read_has_to_say_so(tmp_path: Path) -> None:
    assert broken_by(mapping_of(factor=False), tmp_path) == {"is_what_it_says"}


def test_an_empty_folder_may_be_refused(tmp_path: Path) -> None:
    def examples(self: Any, folder: Path, film: Any) -> Any:
        raise InputError(f"{folder}: nothing.")

    check = next(check for check in OF_MAPPINGS if check.__name__ == "says_when_there_is_nothing")
    spec = mapping_of({"examples": examples})
    assert check(spec, source_of(spec), tmp_path) is None


def test_files_that_are_shipped_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_text("rubbish")
    assert breaks(mapping_of(files=(tmp_path / "a.safetensors",)), "ships_what_it_says", tmp_path)


def test_a_live_driver_is_read_for_a_few_rows_only(tmp_path: Path) -> None:
    def slow(self: Any, source: Any) -> Any:
        read(self.settings.input)
        for _ in itertools.count():
            time.sleep(0.01)
            yield Chunk(wide(1), 25.0)

    started = time.monotonic()
    assert broken_by(driver_of(slow, live=True, endless=True), tmp_path) == set()
    assert time.monotonic() - started < 20


def test_the_good_driver_is_what_it_is_taken_for(tmp_path: Path) -> None:
    (driver,) = [driver_of().load(Settings(demo(tmp_path).input, size=1))]
    assert len(list(good(driver, source_of()))) == 7

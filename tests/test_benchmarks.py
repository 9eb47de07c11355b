"""The scripts that measure: what they write, and that the restated released way is the released way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from x2face_core.media.video import probe
from x2face_core.networks.dims import Dims

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from speed import driving, inputs, page, processes, reference, roofline

    yield SimpleNamespace(
        driving=driving, inputs=inputs, page=page, processes=processes, reference=reference, roofline=roofline
    )
    for name in [name for name in sys.modules if name.partition(".")[0] == "speed"]:
        del sys.modules[name]


def test_numbers_stand_to_the_right_and_texts_to_the_left(speed: Any) -> None:
    assert speed.page.table(["run", "ms"], [["a|b", "1.5"], ["c", ""]]).splitlines() == [
        "| run | ms |",
        "| --- | ---: |",
        "| a\\|b | 1.5 |",
        "| c |  |",
    ]


def test_sections_that_are_not_measured_anew_stay_where_they_were(speed: Any) -> None:
    page = speed.page.Page("Speed")
    for title, value in (("Start", "1"), ("Stages", "2"), ("Films", "3")):
        page.section(title, ["s"], [[value]], "Said.")
    later = speed.page.Page("Speed", ["Later."])
    later.keep(str(page))
    later.section("Stages", ["s"], [["4"]])
    lines = str(later).replace("\n\n", "\n").splitlines()
    assert lines[:2] == ["# Speed", "Later."]
    assert [line for line in lines[2:] if line[:5] != "| ---"] == [
        *["## Start", "Said.", "| s |", "| 1 |"],
        *["## Stages", "| s |", "| 4 |"],
        *["## Films", "Said.", "| s |", "| 3 |"],
    ]


def test_a_process_is_measured_to_its_end(speed: Any) -> None:
    code = "import time; held = bytearray(200 * 2**20); time.sleep(0.2); sum(range(3_000_000)); print('made')"
    cost = speed.processes.measured(sys.executable, "-c", code)
    assert cost.printed == "made\n"
    assert cost.wall > 0.2
    assert cost.cpu > 0.01
    assert cost.peak > 200
    held = bytearray(300 * 2**20)
    held[:: 2**12] = b"1" * len(held[:: 2**12])  # of what measures, which does not count
    assert speed.processes.measured(sys.executable, "-c", "pass").peak < 100
    with pytest.raises(RuntimeError, match="ended with 3"):
        speed.processes.measured(sys.executable, "-c", "raise SystemExit(3)")


def test_films_to_drive_by_are_of_the_size_and_length_asked_for(speed: Any, tmp_path: Path) -> None:
    film = probe(speed.inputs.Inputs(tmp_path).film(0.4, 320, 240))
    assert (film.width, film.height, film.fps, film.frames) == (320, 240, 25, 10)


def test_arithmetic_and_traffic_are_those_worked_out_by_hand(speed: Any) -> None:
    convolution, given = torch.nn.Conv2d(3, 4, 4, 2, 1, bias=False), torch.zeros(2, 3, 8, 8)
    part = torch.nn.Sequential(convolution)
    assert speed.roofline.flops(part, given) == 2 * 4 * 4 * 4 * 3 * 4 * 4  # outputs, inputs of each, twice
    assert speed.roofline.moved_bytes(part, given) == 4 * (3 * 64 + 4 * 16 + 4 * 3 * 16 / 2)


def test_networks_are_measured_as_folded_and_give_what_they_gave(speed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = Dims(side=32, flow_side=16, width=4, vector=16)
    monkeypatch.setattr(speed.roofline, "PRESETS", {"paper": tiny})
    names = [network.name for network in speed.roofline.networks_of("paper")]
    assert names == ["paper: embedding", "paper: driving, encoder", "paper: driving, decoder"]
    for network in speed.roofline.networks_of("paper"):
        trained, folded = network.trained(network.given), network.folded(network.given)
        torch.testing.assert_close(folded, trained, atol=1e-4, rtol=1e-3)
    assert len(speed.roofline.rows(1e11, 1e10)) == 3


def test_the_script_says_what_it_measures() -> None:
    line = [sys.executable, str(BENCHMARKS / "run.py"), "--help"]
    told = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert "released, start, stages, kinds, lengths, learning, roofline" in " ".join(told.split())

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

from x2face_core.media.video import probe, read_frames
from x2face_core.networks.dims import Dims

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
TINY = Dims(side=32, flow_side=16, width=4, vector=16)


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from speed import driving, engines, gpu, inputs, learning, page, processes, reference, roofline, stages

    yield SimpleNamespace(
        driving=driving,
        engines=engines,
        gpu=gpu,
        inputs=inputs,
        learning=learning,
        page=page,
        processes=processes,
        reference=reference,
        roofline=roofline,
        stages=stages,
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


def test_films_longer_than_a_minute_repeat_it(speed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed.inputs, "MINUTE", 0.4)
    path = speed.inputs.Inputs(tmp_path).film(1, 320, 240)
    film, frames = probe(path), list(read_frames(path))
    assert (film.fps, film.frames, film.notes, len(frames)) == (25, 25, (), 25)
    assert (frames[3] == frames[13]).all() and (frames[3] == frames[23]).all()
    assert (frames[3] != frames[9]).any()


def test_a_remark_takes_no_measured_section_s_place(speed: Any) -> None:
    page = speed.page.Page("Speed")
    page.remark("GPU", "Not measured.")
    assert "## GPU\n\nNot measured." in str(page)
    page.section("GPU", ["s"], [["1"]])
    page.remark("GPU", "Not measured.")
    assert "Not measured." not in str(page)


@pytest.mark.skipif(torch.cuda.is_available(), reason="measures the GPU here")
def test_without_a_gpu_its_section_is_a_dry_run_that_says_so() -> None:
    line = [sys.executable, str(BENCHMARKS / "run.py"), "--only", "gpu"]
    told = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    assert "## GPU\n\nNot measured: torch finds no CUDA here. A dry run of its 3 ways" in told


def test_arithmetic_and_traffic_are_those_worked_out_by_hand(speed: Any) -> None:
    convolution, given = torch.nn.Conv2d(3, 4, 4, 2, 1, bias=False), torch.zeros(2, 3, 8, 8)
    part = torch.nn.Sequential(convolution)
    assert speed.roofline.flops(part, given) == 2 * 4 * 4 * 4 * 3 * 4 * 4  # outputs, inputs of each, twice
    assert speed.roofline.moved_bytes(part, given) == 4 * (3 * 64 + 4 * 16 + 4 * 3 * 16 / 2)


def test_networks_are_measured_as_folded_and_give_what_they_gave(speed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed.roofline, "PRESETS", {"paper": TINY})
    names = [network.name for network in speed.roofline.networks_of("paper")]
    assert names == ["paper: embedding", "paper: driving, encoder", "paper: driving, decoder"]
    for network in speed.roofline.networks_of("paper"):
        trained, folded = network.trained(network.given), network.folded(network.given)
        torch.testing.assert_close(folded, trained, atol=1e-4, rtol=1e-3)
    assert len(speed.roofline.rows(1e11, 1e10)) == 3


def test_the_script_says_what_it_measures() -> None:
    line = [sys.executable, str(BENCHMARKS / "run.py"), "--help"]
    told = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert "released, engines, start, stages, kinds, lengths, learning, roofline, gpu" in " ".join(told.split())


def test_each_preset_and_engine_is_measured_with_one_thread_and_with_all(
    speed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(speed.driving.os, "cpu_count", lambda: 4)
    monkeypatch.setattr(speed.driving, "installed", lambda engine: engine != "openvino")
    labels = [way.label("fp32") for way in speed.driving.ways()]
    assert labels == [
        f"{preset}, {engine} fp32, {threads}"
        for preset in ("default weights", "paper")
        for engine in ("torch", "onnxruntime")
        for threads in ("1 thread", "4 threads")
    ]
    assert [way.threads for way in speed.driving.ways()][:2] == [1, None]
    assert speed.driving.Way("default weights", "torch", 1).words(tmp_path) == ["--engine", "torch"]


def test_stages_are_told_in_milliseconds_a_frame(speed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one = {
        "group": "reading",
        "name": "test_find_the_face",
        "extra_info": {"frames": 25},
        "stats": {"data": [0.1, 0.05]},
    }
    stage, spent = speed.stages._stage(one)
    assert (stage, spent) == (("reading", "find the face"), [4.0, 2.0])
    by_threads = {1: {stage: [4.0, 2.0, 3.0]}, 2: {stage: [2.0, 1.5, 1.0]}}
    monkeypatch.setattr(speed.stages, "measured", lambda folder, threads, timer: by_threads[threads])
    assert speed.stages.rows(tmp_path, 2) == [["reading", "find the face", "3.00", "2.00", "1.50", "1.00"]]


def test_a_gpu_s_ways_make_the_same_frames(speed: Any) -> None:
    cpu = torch.device("cpu")
    names = [way.name for way in speed.gpu.ways(torch.device("cuda"))]
    assert names[-2:] == ["bfloat16, channels_last, CUDA graph", "bfloat16, channels_last, torch.compile"]
    pictures, texture = torch.rand(3, 3, 32, 32), torch.rand(1, 3, 48, 48)
    first, *others = [
        speed.gpu.frames_by(way, speed.gpu._networks(TINY, cpu), pictures, texture)() for way in speed.gpu.ways(cpu)
    ]
    assert first.shape == (3, 3, 48, 48)
    for frames in others:
        torch.testing.assert_close(frames, first, atol=0.02, rtol=0)


def test_a_row_is_told_of_each_preset_and_way_on_a_device(speed: Any) -> None:
    rows = speed.gpu.rows(torch.device("cpu"), {"light": TINY}, {"light": 3}, seconds=0.01)
    assert [row[:2] for row in rows] == [
        ["light, float32, contiguous, one by one", "3"],
        ["light, float32, channels_last, one by one", "3"],
        ["light, bfloat16, channels_last, one by one", "3"],
    ]
    assert all(float(row[2]) > 0 and row[4].endswith("%") for row in rows)


@pytest.mark.weights
def test_engines_take_turns_with_the_released_way(speed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = Dims(side=256, flow_side=256, width=4, vector=16)
    monkeypatch.setattr(speed.reference, "PRESETS", {"paper": narrow})
    with speed.engines.one_thread():
        assert torch.get_num_threads() == 1
        figures = speed.engines.measure("light", [("torch", "fp32"), ("torch", "bf16")], None, 1)
    assert list(figures) == ["released way", "torch fp32, networks not folded", "torch fp32", "torch bf16"]
    assert all(figure > 0 for figure in figures.values())

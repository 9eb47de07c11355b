"""The emg driver and its mapping: what all of them promise, and what is their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from x2face_plugins import InputError, Source

from x2face_emg import CHANNELS, Settings
from x2face_emg.demo import write
from x2face_emg.driver import EmgDriver
from x2face_emg.envelopes import activity, envelope, envelopes, resting
from x2face_emg.mapping import EmgMapping
from x2face_emg.recording import Recording, read_recording

RATE = 1000.0
TIME = np.arange(4000) / RATE


@pytest.mark.x2face("emg")
def test_they_keep_what_drivers_and_mappings_promise(x2face_promise: Callable[[], None]) -> None:
    x2face_promise()


def noise(strength: np.ndarray, seed: int = 0) -> np.ndarray:
    return strength * np.random.default_rng(seed).standard_normal(len(strength))


# The signal


def test_an_envelope_follows_the_strength_and_is_not_late() -> None:
    strength = 1 + np.exp(-(((TIME - 2) / 0.2) ** 2))
    found = envelope(noise(strength) + 5, RATE)  # an electrode's offset is no activity
    assert np.corrcoef(found[500:-500], strength[500:-500])[0, 1] > 0.9
    shifts = range(-100, 101, 20)
    best = max(shifts, key=lambda shift: np.corrcoef(np.roll(found, shift)[500:-500], strength[500:-500])[0, 1])
    assert abs(best) <= 40


def test_twice_the_signal_is_twice_the_envelope() -> None:
    signal = noise(np.ones(2000))
    np.testing.assert_allclose(envelope(2 * signal, RATE), 2 * envelope(signal, RATE), rtol=1e-9, atol=1e-12)


def test_slow_columns_are_envelopes_already() -> None:
    slow = np.sin(np.arange(200) / 50 * 2 * np.pi * 0.5) + 2
    np.testing.assert_allclose(envelope(slow, 50.0), slow, atol=0.15)


@pytest.mark.parametrize("rate", [80.0, 333.3, 2000.0])
def test_any_rate_gives_a_number_a_frame(rate: float) -> None:
    time = np.arange(round(3 * rate)) / rate
    moments = np.arange(75) / 25
    found = envelopes(Recording(time, {"masseter": noise(1 + time)}), moments)
    assert found.shape == (75, len(CHANNELS)) and not found[:, : CHANNELS.index("masseter")].any()
    assert np.corrcoef(found[:, CHANNELS.index("masseter")], moments)[0, 1] > 0.8


def test_the_quietest_second_is_rest() -> None:
    values = np.concatenate([np.full((50, 2), 3.0), np.full((25, 2), 1.0), np.full((50, 2), [1.0, 5.0])])
    np.testing.assert_allclose(resting(values, 25), [1, 1])


def test_what_is_at_rest_does_nothing() -> None:
    strength = np.where(TIME < 2, 0.1, 1.0)
    found = activity(Recording(TIME, {"digastric": noise(strength)}), np.arange(100) / 25, 25)
    column = found[:, CHANNELS.index("digastric")]
    assert abs(column[5:45].mean()) < 0.03 and column[60:95].mean() > 0.5


# Tables


def read(path: Path, text: str) -> Recording:
    path.write_text(text, encoding="utf-8")
    return read_recording(path)


def table(lines: int, header: str = "seconds,masseter", row: str = "0.5") -> str:
    return "".join([f"{header}\n", *(f"{k / 100},{row}\n" for k in range(lines))])


def test_a_table_is_read_whatever_the_order_and_case_of_its_columns(tmp_path: Path) -> None:
    text = "\ufeffTrigger,Orbicularis Oris,Seconds\n" + "".join(f"go,{k},{k / 10}\n\n" for k in range(12))
    recording = read(tmp_path / "take.csv", text)
    assert recording.ignored == ("trigger",) and recording.rate == pytest.approx(10)
    np.testing.assert_array_equal(recording.signals["orbicularis_oris"], np.arange(12))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (table(20, header="time,masseter"), "line 1: expected seconds and muscles"),
        (table(20, header="seconds,biceps"), "line 1: expected seconds and muscles"),
        (table(20, header="seconds,masseter,masseter", row="1,1"), "each once"),
        (table(3), "holds 3 lines"),
        ("", "holds 0 lines"),
        (table(20) + "0.2,loud\n", "line 22: expected numbers"),
        (table(20) + "0.2\n", "line 22: expected numbers"),
        (table(20) + "0.2,nan\n", "line 22: expected numbers"),
        (table(20) + "0.19,1\n", "line 22: seconds is 0.19, after 0.19"),
        (table(20) + "1e9,1\n", "lines are missing"),
        (table(20, row="1").replace("0.", "0.000000"), r"\d+ lines a second"),
    ],
)
def test_what_is_no_recording_is_named(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(InputError, match=rf"take\.csv.*{reason}"):
        read(tmp_path / "take.csv", text)


# The mapping


def films(count: int, weight: torch.Tensor, noise: float = 0.1) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Two muscles that are active, each film with a face of its own."""
    rng = torch.Generator().manual_seed(0)
    x = torch.zeros(count, 100, len(CHANNELS))
    x[:, :, [4, 9]] = torch.rand(count, 100, 2, generator=rng)
    faces = torch.randn(count, 1, 128, generator=rng)
    return [*zip(x, x @ weight + faces + noise * torch.randn(count, 100, 128, generator=rng), strict=True)]


@pytest.fixture
def weight() -> torch.Tensor:
    made = torch.zeros(len(CHANNELS), 128)
    made[[4, 9]] = torch.randn(2, 128, generator=torch.Generator().manual_seed(1))
    return made


@pytest.mark.parametrize("count", [1, 2, 5])
def test_what_is_linear_is_learned_whoever_is_in_the_films(weight: torch.Tensor, count: int) -> None:
    mapping = EmgMapping()
    figures = mapping.fit(films(count, weight))
    assert figures["muscles"] == ["zygomaticus", "digastric"] and figures["films"] == count
    assert figures["explained"] > 0.9 and figures["r"] > 0.9
    torch.testing.assert_close(mapping.weight, weight, rtol=0, atol=0.15)


def test_the_ridge_grows_with_the_noise(weight: torch.Tensor) -> None:
    quiet, loud = (EmgMapping().fit(films(3, 0.05 * weight, noise=noise))["ridge"] for noise in (0.001, 3))
    assert quiet < loud


def test_what_is_judged_was_not_learned_from() -> None:
    rng = torch.Generator().manual_seed(2)
    pairs = [(torch.rand(20, len(CHANNELS), generator=rng), torch.randn(20, 128, generator=rng)) for _ in range(4)]
    assert EmgMapping().fit(pairs)["explained"] < 0.05


def test_muscles_that_never_move_teach_nothing() -> None:
    with pytest.raises(InputError, match="No muscle"):
        EmgMapping().fit([(torch.zeros(20, len(CHANNELS)), torch.randn(20, 128))])


class Film:
    """Stands for the host: every film shows the frame's number."""

    side = 32

    def __init__(self, rows: int = 100) -> None:
        self.rows = rows

    def __call__(self, path: Path) -> tuple[torch.Tensor, float]:
        return torch.arange(self.rows, dtype=torch.float32)[:, None].expand(-1, 128), 25.0

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


def test_a_pair_is_what_film_and_table_have_in_common(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", TIME + 1, {"masseter": np.ones(len(TIME))})  # from 1 s to 5 s; the film from 0 s to 4 s
    (tmp_path / "a.mov").touch()
    (tmp_path / "alone.csv").touch()
    ((values, vectors),) = EmgMapping().examples(tmp_path, Film())
    assert values.shape == (75, len(CHANNELS)) and vectors[0, 0] == 25
    assert not list(EmgMapping().examples(tmp_path, Film(rows=0)))
    with pytest.raises(InputError, match=r"a\.csv: has 0\.2 s in common with a\.mov"):
        list(EmgMapping().examples(tmp_path, Film(rows=30)))


# The driver


def test_rest_leaves_the_face_as_it_is_and_the_gain_scales(x2face_source: Source, tmp_path: Path) -> None:
    path = write(tmp_path / "take.csv", TIME, {"digastric": np.where(TIME < 2, 0.0, 1.0)})
    once, twice = (
        torch.cat([chunk.vectors for chunk in EmgDriver(Settings(input=path, gain=gain)).drive(x2face_source)])
        for gain in (1, 2)
    )
    assert len(once) == 100 and once[5:45].abs().max() < 0.1 * once[60:95].abs().max()
    torch.testing.assert_close(twice, 2 * once)


def test_what_moves_nothing_is_told(x2face_source: Source, tmp_path: Path) -> None:
    path = tmp_path / "take.csv"
    path.write_text(table(100, header="seconds,masseter,pulse", row="1,60"))
    driver = EmgDriver(Settings(input=path))
    list(driver.drive(x2face_source))  # whose mapping learned from a demo with zygomaticus and digastric
    warnings = " ".join(driver.warnings)
    assert "pulse" in warnings and "masseter moves nothing" in warnings and "digastric was learned from" in warnings

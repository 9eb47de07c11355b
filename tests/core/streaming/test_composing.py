"""Composition, on drivers made by hand with vectors of two numbers; the source's own vector is (1, 2)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.driving import Chunk
from x2face_core.errors import InputError, PluginError, UsageError
from x2face_core.streaming.composing import Part, Row, compose, guarded, ticks
from x2face_core.streaming.holding import held
from x2face_core.streaming.streams import Newest, ahead, paced
from x2face_core.streaming.vectors import as_vectors


@dataclass
class Rows:
    """A driver that yields its rows one chunk each, and counts them."""

    rows: list[list[float]]
    fps: float = 10.0
    pulled: int = 0

    def drive(self, source: Any) -> Any:
        for row in self.rows:
            self.pulled += 1
            yield Chunk(np.array([row], dtype=float), self.fps)


class Rising:
    """For ever: (0, 0), (1, 1), (2, 2), … at the rate that the source says."""

    def drive(self, source: Any) -> Any:
        for k in count():
            yield Chunk(np.full((1, 2), float(k)), source.fps)


@dataclass
class Yields:
    chunks: list[Any]

    def drive(self, source: Any) -> Any:
        yield from self.chunks


@dataclass(frozen=True)
class Still:
    vector: Any = field(default_factory=lambda: torch.tensor([1.0, 2.0]))
    fps: float = 25.0

    def at(self, fps: float) -> Still:
        return replace(self, fps=fps)

    def mapping(self, name: str) -> Any:
        return FirstNumber()


class FirstNumber:
    """A factor of one number: the vector's first."""

    labels, units = ("first",), ("1",)

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors[:, :1]

    def write(self, values: torch.Tensor) -> torch.Tensor:
        return torch.cat([values, torch.zeros_like(values)], dim=1)

    def examples(self, folder: Any, film: Any) -> Any: ...
    def fit(self, examples: Any) -> Any: ...
    def state_dict(self) -> Any: ...
    def load_state_dict(self, state: Any) -> Any: ...


def part(rows: list[list[float]], fps: float = 10.0, **more: Any) -> Part:
    return Part("hand", Rows(rows, fps), **more)


def vectors_of(*parts: Part, **more: Any) -> list[list[float]]:
    return [row.vector.tolist() for row in compose(parts, Still(), **more).rows]


def test_an_offset_is_added_to_the_source() -> None:
    assert vectors_of(part([[0, 0], [3, 4]])) == [[1, 2], [4, 6]]


def test_an_absolute_driver_is_followed_to_the_last_bit() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    followed = [row.vector for row in compose([part(rows.tolist(), relative=False)], Still()).rows]
    assert np.array_equal(np.array(followed, dtype=np.float32), rows)


def test_offsets_are_added_to_an_absolute_driver() -> None:
    assert vectors_of(part([[5, 5], [6, 6]], relative=False), part([[1, 0], [2, 0]])) == [[6, 5], [8, 6]]


def test_the_order_of_drivers_does_not_matter() -> None:
    parts = [
        part([[0.1, 0.2], [0.3, 0.7]]),
        part([[5, 5], [6, 6]], relative=False),
        part([[1e-3, 3], [7, 0.9]], holds=("first",)),
    ]
    there = np.array(vectors_of(*parts))
    parts = [replace(one, driver=Rows(one.driver.rows)) for one in reversed(parts)]  # type: ignore[attr-defined]
    assert np.abs(np.array(vectors_of(*parts)) - there).max() < 1e-12


def test_two_absolute_drivers_are_refused() -> None:
    with pytest.raises(UsageError, match="only one"):
        vectors_of(part([[0, 0]], relative=False), part([[0, 0]], relative=False))


def test_nothing_but_endless_drivers_need_seconds() -> None:
    endless = Part("rising", Rising(), endless=True)
    with pytest.raises(UsageError, match="--seconds"):
        vectors_of(endless)
    assert vectors_of(endless, seconds=0.08, fps=25) == [[1, 2], [2, 3]]


def test_the_shortest_finite_driver_ends_the_film() -> None:
    assert len(vectors_of(part([[0, 0]] * 5), part([[0, 0]] * 3), Part("rising", Rising(), endless=True))) == 3


def test_an_endless_driver_is_told_the_films_rate() -> None:
    rows = vectors_of(part([[0, 0]] * 3, fps=50.0), Part("rising", Rising(), endless=True))
    assert rows == [[1, 2], [2, 3], [3, 4]]


def test_the_rate_is_the_absolute_drivers_else_the_first_finite_ones() -> None:
    offset, absolute = part([[0, 0]] * 4, fps=20.0), part([[0, 0]] * 4, fps=10.0, relative=False)
    assert compose([offset, absolute], Still()).fps == 10
    assert compose([Part("r", Rising(), endless=True), offset], Still()).fps == 20
    assert compose([part([[0, 0]] * 4)], Still(), fps=60).fps == 60


def test_the_number_of_frames_is_known_where_the_driver_says_it() -> None:
    driver = Rows([[0, 0]] * 4)
    driver.frames = 4  # type: ignore[attr-defined]
    assert compose([Part("known", driver)], Still(), fps=20).frames == 8
    assert compose([Part("known", driver)], Still(), fps=20, seconds=0.1).frames == 2
    assert compose([part([[0, 0]])], Still()).frames is None


def test_the_meter_is_the_root_mean_square_of_the_offset() -> None:
    composed = compose([part([[3, 4], [0, 0]]), part([[1, 2], [2, 4]], relative=False)], Still())
    list(composed.rows)
    assert composed.meters[0].rms == pytest.approx(2.5)  # sqrt((9 + 16) / 4)
    assert composed.meters[1].rms == pytest.approx(np.sqrt(5 / 4))  # offsets (0, 0) and (1, 2)


def rows_at(fps: float, *values: float, rate: float = 10.0) -> list[float]:
    chunks = [Chunk(np.array([[value]], dtype=float), rate) for value in values]
    return [round(float(row.vector[0]), 9) for row in ticks(chunks, fps)]


def test_a_stream_at_the_films_rate_stays_as_it_is() -> None:
    assert rows_at(10, 1, 5, 2) == [1, 5, 2]


def test_a_slower_stream_is_filled_linearly_and_its_last_row_is_held() -> None:
    assert rows_at(20, 0, 4) == [0, 2, 4, 4]
    assert rows_at(30, 0, 3, 0) == [0, 1, 2, 3, 2, 1, 0, 0, 0]


def test_a_faster_stream_loses_rows() -> None:
    assert rows_at(5, 0, 1, 2, 3) == [0, 2]
    assert rows_at(4, 0, 1, 2, 3, 4) == [0, 2.5]  # at 0 and 0.25 of 0.5 s


def test_a_broadcast_rate_does_not_drift() -> None:
    rate = 30000 / 1001
    assert rows_at(rate, *range(1000), rate=rate) == list(range(1000))


def test_one_frame_pulls_at_most_two_rows() -> None:
    for fps, pulled in ((10.0, 1), (15.0, 1)):
        driver = Rows([[0, 0]] * 9)
        next(compose([Part("counting", driver)], Still(), fps=fps).rows)
        assert driver.pulled == pulled
    driver = Rows([[0, 0]] * 9)
    list(islice(compose([Part("counting", driver)], Still(), fps=15.0).rows, 2))
    assert driver.pulled == 2


def test_a_pictures_row_goes_with_its_vector() -> None:
    chunk = Chunk(np.zeros((2, 2)), 10.0, torch.arange(2.0)[:, None, None, None].expand(2, 3, 4, 4))
    rows = list(compose([Part("shows", Yields([chunk]))], Still(), fps=20.0).rows)
    assert [float(row.picture[0, 0, 0]) for row in rows] == [0, 1, 1, 1]


def test_what_a_driver_holds_stays_the_sources() -> None:
    rows = vectors_of(part([[0, 0], [3, 4]], holds=("first",)))
    assert rows == [[1, 2], [1, 6]]


def test_holding_twice_is_holding_once() -> None:
    chunk = Chunk(np.array([[3.0, 4.0]]), 10.0)
    still = np.array([1.0, 2.0])
    once = list(held([chunk], FirstNumber(), still))
    twice = list(held(once, FirstNumber(), still))
    assert np.array_equal(as_vectors(once[0].vectors), as_vectors(twice[0].vectors))


def test_vectors_are_held_as_offsets_are() -> None:
    chunk, still = Chunk(np.array([[3.0, 4.0]]), 10.0), np.array([1.0, 2.0])
    (offsets,) = held([chunk], FirstNumber(), still)
    (absolute,) = held([replace(chunk, vectors=chunk.vectors + still)], FirstNumber(), still, relative=False)
    assert np.allclose(as_vectors(absolute.vectors) - still, as_vectors(offsets.vectors))


@pytest.mark.parametrize(("write", "fault"), [("text", "failed"), (np.nan, "not finite"), (None, "shape")])
def test_a_mapping_that_fails_while_it_holds_is_named(write: Any, fault: str) -> None:
    class Broken(FirstNumber):
        def write(self, values: Any) -> Any:
            return torch.zeros(1) if write is None else torch.full((1, 2), write)

    with pytest.raises(PluginError, match=f"mapping 'first'.*{fault}"):
        list(held([Chunk(np.zeros((1, 2)), 10.0)], Broken(), np.zeros(2), name="first"))


@pytest.mark.parametrize(
    ("chunks", "fault"),
    [
        ([], "no vectors"),
        (["text"], "a str"),
        ([Chunk(np.zeros((2, 3)), 10)], r"\(2, 3\)"),
        ([Chunk(np.zeros(2), 10)], r"\(2,\)"),
        ([Chunk(np.zeros((0, 2)), 10)], r"\(0, 2\)"),
        ([Chunk(np.zeros((1, 2), dtype=int), 10)], "floating"),
        ([Chunk(torch.zeros(1, 2, dtype=torch.int32), 10)], "floating"),
        ([Chunk(np.array([[0, np.nan]]), 10)], "not finite"),
        ([Chunk(np.zeros((1, 2)), 0)], "positive"),
        ([Chunk(np.zeros((1, 2)), 10), Chunk(np.zeros((1, 2)), 12)], "12 rows a second after 10"),
        ([Chunk(np.zeros((2, 2)), 10, np.zeros((1, 3, 4, 4)))], "1 pictures beside 2"),
    ],
)
def test_a_driver_that_breaks_its_promises_is_named(chunks: list[Any], fault: str) -> None:
    broken = Part("broken", Yields(chunks), dist="strange", version="0.3")
    with pytest.raises(PluginError, match=f"'broken' of strange 0.3 .*{fault}"):
        list(guarded(broken, Still()))  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_any_floating_vectors_are_taken(dtype: torch.dtype) -> None:
    chunk = Chunk(torch.ones(1, 2, dtype=dtype, requires_grad=True), 10)
    (taken,) = guarded(Part("fine", Yields([chunk])), Still())  # type: ignore[arg-type]
    assert as_vectors(taken.vectors).tolist() == [[1, 1]]


class Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def drive(self, source: Any) -> Any:
        yield Chunk(np.zeros((1, 2)), 10)
        raise self.error


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), RuntimeError("x")])
def test_a_drivers_bug_is_told_as_its_own(error: BaseException) -> None:
    with pytest.raises(PluginError, match="'raises' failed"):
        list(guarded(Part("raises", Raises(error)), Still()))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [InputError("a bad file"), KeyboardInterrupt()])
def test_bad_input_and_interruptions_pass_through_a_driver(error: BaseException) -> None:
    with pytest.raises(type(error)):
        list(guarded(Part("raises", Raises(error)), Still()))  # type: ignore[arg-type]


def test_a_loaded_driver_may_say_otherwise_than_its_declaration() -> None:
    driver = Rows([[0, 0]])
    driver.relative = False  # type: ignore[attr-defined]
    assert not Part.of("own", driver, relative=True).relative
    assert Part.of("own", Rows([[0, 0]]), relative=True, endless=True).endless


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_a_silent_live_driver_stalls_nothing() -> None:
    silence = threading.Event()

    def stream() -> Any:
        yield Row(np.array([7.0]))
        silence.wait(10)

    newest = Newest(stream())
    while newest.take()[0] is None:
        pass
    clock = Clock()
    rows = list(islice(paced(newest, Row(np.zeros(1)), 10.0, lambda: clock.now, clock.wait), 3))
    assert [row.vector[0] for row in rows] == [7, 7, 7]
    assert clock.now == pytest.approx(0.2)
    silence.set()


def test_a_live_driver_rests_until_its_first_row() -> None:
    silence = threading.Event()

    def stream() -> Any:
        silence.wait(10)
        yield Row(np.array([7.0]))

    clock = Clock()
    first = next(iter(paced(Newest(stream()), Row(np.zeros(1)), 10.0, lambda: clock.now, clock.wait)))
    assert first.vector[0] == 0
    silence.set()


def test_a_live_drivers_error_reaches_the_film() -> None:
    def stream() -> Any:
        yield Row(np.array([7.0]))
        raise InputError("unplugged")

    with pytest.raises(InputError, match="unplugged"):
        for _ in paced(Newest(stream()), Row(np.zeros(1)), 1000.0):
            pass


def test_reading_ahead_changes_nothing() -> None:
    assert list(ahead(range(20), 3)) == list(range(20))


def test_reading_ahead_stays_within_its_limit() -> None:
    made: list[int] = []
    items = ahead((made.append(k) or k for k in range(1000)), 3)  # type: ignore[func-returns-value]
    assert next(items) == 0
    items.close()
    assert len(made) <= 6


def test_an_error_ahead_comes_after_what_was_made_before_it() -> None:
    def items() -> Any:
        yield 1
        raise InputError("cut short")

    stream = ahead(items())
    assert next(stream) == 1
    with pytest.raises(InputError, match="cut short"):
        next(stream)

"""Results computed at the same time come in order, as they would one after another."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import count, islice

import pytest
import torch

from x2face_core.streaming.parallel import in_parallel


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.02 if item % 5 == 0 else 0)
        return item * item

    assert list(in_parallel(slow_first, range(20), workers)) == [k * k for k in range(20)]
    assert list(in_parallel(slow_first, [], workers)) == []


def test_items_are_computed_at_the_same_time() -> None:
    together = threading.Barrier(3)  # breaks after the time unless three are there at once
    assert len(list(in_parallel(lambda item: together.wait(600), range(6), 3))) == 6


def test_one_worker_is_the_calling_thread_and_takes_nothing_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for k in count():
            taken.append(k)
            yield k

    results = in_parallel(lambda item: threading.current_thread(), items(), 1)
    assert next(results) is threading.current_thread()
    assert taken == [0]


def test_of_an_endless_stream_a_few_items_are_taken() -> None:
    results = in_parallel(lambda item: item, count(), 2)
    assert list(islice(results, 5)) == [0, 1, 2, 3, 4]
    results.close()
    deadline = time.monotonic() + 600
    while any(one.name.startswith("x2face-worker") for one in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_closing_does_not_wait_for_workers() -> None:
    """As when garbage is collected in a thread that starts, which waiting would block for ever."""
    ready = threading.Event()
    try:
        results = in_parallel(lambda item: item == 0 or ready.wait(), range(9), 2)
        assert next(results)
        results.close()
    finally:
        ready.set()


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_comes_in_its_place(workers: int) -> None:
    def inverse(item: int) -> float:
        return 1 / item

    results = in_parallel(inverse, [1, 2, 0, 4], workers)
    assert [next(results), next(results)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_an_error_of_the_items_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(in_parallel(lambda item: item, items(), 2))


def test_workers_compute_with_one_torch_thread_and_the_caller_keeps_its_own() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert set(in_parallel(lambda item: torch.get_num_threads(), range(8), 3)) == {1}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)

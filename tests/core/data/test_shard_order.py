"""The order in which shards are read: once an epoch, shuffled, shared out, and gone on with."""

from __future__ import annotations

from itertools import islice

import pytest

from x2face_core.data.shards.order import Drawn, Opened, PairOrder

COUNTS = [[3, 0, 2], [4], [2, 2, 2, 2], [0], [5, 1]]
PAIRS = [(s, n, k) for s, samples in enumerate(COUNTS) for n, count in enumerate(samples) for k in range(count)]


def order(part: int = 0, parts: int = 1, seed: int = 0, buffer: int = 3, counts: list[list[int]] = COUNTS) -> PairOrder:
    return PairOrder(counts, seed, part, parts, buffer)


def drawn(events: list[Opened | Drawn]) -> list[tuple[int, int, int]]:
    return [(*event.clip, event.target) for event in events if isinstance(event, Drawn)]


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("epoch", [0, 1])
def test_all_parts_together_draw_each_pair_once_an_epoch(parts: int, epoch: int) -> None:
    """Of four shards that are not empty, so that seven parts have to share them."""
    found = [pair for part in range(parts) for pair in drawn(list(order(part, parts).epoch(epoch)))]
    assert sorted(found) == PAIRS


def test_epochs_and_seeds_differ_and_runs_do_not() -> None:
    first, second, other = (drawn(list(order(seed=seed).epoch(epoch))) for seed, epoch in ((0, 0), (0, 1), (1, 0)))
    assert first != second != other != first
    assert drawn(list(order().epoch(0))) == first
    assert first != sorted(first)


@pytest.mark.parametrize("skipped", [0, 1, 7, 22, 23, 24, 51, 230])
def test_what_follows_is_the_same_wherever_it_is_begun(skipped: int) -> None:
    whole = order().after(0)
    kept = drawn(list(islice(whole, 500)))[skipped : skipped + 60]
    assert drawn(list(islice(order().after(skipped), 140)))[:60] == kept


@pytest.mark.parametrize("skipped", [0, 9])
def test_clips_are_opened_before_they_are_drawn_of_in_the_order_of_their_shard(skipped: int) -> None:
    opened: list[tuple[int, int]] = []
    for event in islice(order().after(skipped), 23 - skipped):
        if isinstance(event, Opened):
            opened.append(event.clip)
        else:
            assert event.clip in opened
    assert all(a <= b for a, b in zip(opened, opened[1:], strict=False) if a[0] == b[0])


def test_no_more_clips_are_open_than_the_buffer_holds_and_the_last_pair_closes_one() -> None:
    now: set[tuple[int, int]] = set()
    most = 0
    for event in order(buffer=2).epoch(0):
        now.add(event.clip)
        most = max(most, len(now))
        if isinstance(event, Drawn) and event.last:
            now.remove(event.clip)
    assert (most, now) == (2, set())


def test_where_nothing_is_used_nothing_is_drawn() -> None:
    assert list(order(counts=[[0], [0, 0]]).after(5)) == []

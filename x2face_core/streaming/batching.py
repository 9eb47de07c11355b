"""Batching of an iterable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: int) -> Iterator[tuple[int, list[T]]]:
    """Lists of up to `size` items, each with the index of its first item."""
    items, start = iter(items), 0
    while batch := list(islice(items, size)):
        yield start, batch
        start += len(batch)

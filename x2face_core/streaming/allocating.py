"""Memory of batches, which is asked for and freed many times a second."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # mallopt's numbers of its parameters
_LARGEST = 32 * 2**20  # bytes of a block that is kept; glibc's own bound
_KEPT = 128 * 2**20  # bytes of freed memory in a row that are kept


@cache
def keep_freed_memory() -> bool:
    """Let glibc keep the freed memory of large tensors for the next ones; False, and nothing, with other C libraries.

    By default it gives large blocks back to the system, which clears every page of the next one: a twentieth of the
    processor time of a run. New threads share the main one's memory: what each has of its own is bounded.
    """
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        wanted = ((_MMAP_THRESHOLD, _LARGEST), (_TRIM_THRESHOLD, _KEPT), (_ARENA_MAX, 1))
        return all(bool(mallopt(number, value)) for number, value in wanted)
    return False


def give_back_freed_memory() -> None:
    """Give all freed memory back to the system, where one stage of a run ends and the next needs other sizes."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)

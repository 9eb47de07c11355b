"""Searching a film for faces while all else is loaded; imports no torch. Provisional."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from x2face_core.media.clips import Search

__all__ = ["Search", "begin_search", "searching"]

_SECONDS: ContextVar[tuple[float | None] | None] = ContextVar("seconds", default=None)


@contextmanager
def searching(seconds: float | None) -> Iterator[None]:
    """Drivers that are loaded within search their films at once. seconds: of film that the run needs; None: all"""
    token = _SECONDS.set((seconds,))
    try:
        yield
    finally:
        _SECONDS.reset(token)


def begin_search(name: str, crop: str, track: int | None = None) -> Search | None:
    """Begin to search a film for faces in a thread, as far as the run needs it.

    None where no run says how far that is, or `crop` needs no search. Errors are raised by open_clip.
    """
    wanted = _SECONDS.get()
    if wanted is None:
        return None
    from x2face_core.media import clips  # codecs, which a run without films needs later

    return clips.begin_search(name, crop, track, wanted[0])

"""Several drivers' streams become one stream of driving vectors."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from itertools import chain, count, islice
from typing import Any

import numpy as np

from x2face_core.driving import Chunk, Driver, Factor, Source
from x2face_core.errors import PluginError, UsageError
from x2face_core.foreign import Owner, call_foreign
from x2face_core.streaming.holding import held
from x2face_core.streaming.streams import Newest, paced
from x2face_core.streaming.vectors import Vectors, as_vectors

_CLOSE = 1e-9  # of a row: nearer than this, two moments are one


@dataclass(frozen=True, eq=False)
class Part:
    """A loaded driver's part in a run.

    relative: its vectors are offsets, else driving vectors themselves
    endless: it never stops by itself; live: its newest row counts
    holds: factors whose part of the vector it must leave alone
    dist, version: the distribution it came with
    """

    name: str
    driver: Driver
    relative: bool = True
    endless: bool = False
    live: bool = False
    holds: tuple[str, ...] = ()
    dist: str = ""
    version: str = ""

    @classmethod
    def of(cls, name: str, driver: Driver, **declared: Any) -> Part:
        """What was declared, except where the loaded driver carries its own relative, endless, live or holds."""
        flags = [key for key in ("relative", "endless", "live") if hasattr(driver, key)]
        own: dict[str, Any] = {key: bool(getattr(driver, key)) for key in flags}
        if hasattr(driver, "holds"):
            own["holds"] = tuple(driver.holds)
        return cls(name, driver, **{**declared, **own})

    @property
    def owner(self) -> Owner:
        return Owner("driver", self.name, self.dist, self.version)


@dataclass(frozen=True, eq=False)
class Row:
    """One moment: a vector or offset (128,), and the picture (3, h, w) it was read from, if there is one."""

    vector: Vectors
    picture: Any = None


@dataclass
class Meter:
    """How much a driver moved: the root mean square over all numbers of its offsets."""

    squares: float = 0.0
    numbers: int = 0

    def add(self, offset: Vectors) -> None:
        self.squares += float(np.square(offset).sum())
        self.numbers += offset.size

    @property
    def rms(self) -> float:
        return math.sqrt(self.squares / self.numbers) if self.numbers else 0.0


@dataclass(frozen=True, eq=False)
class Composed:
    """The film to be: rows a second, how many rows there will be where that is known, and the rows, read once."""

    fps: float
    frames: int | None
    rows: Iterator[Row]
    meters: Sequence[Meter] = field(default_factory=list)


def guarded(part: Part, source: Source) -> Generator[Chunk]:
    """A driver's chunks with float64 vectors, each checked; whatever else goes wrong in it is its PluginError."""
    width = len(source.vector)
    fps: float | None = None
    chunks: Iterator[Chunk] = call_foreign(part.owner, lambda: iter(part.driver.drive(source)))
    try:
        while (chunk := call_foreign(part.owner, lambda: next(chunks, None))) is not None:
            fps = _checked(chunk, fps, width, part.owner)
            yield replace(chunk, vectors=as_vectors(chunk.vectors))
    finally:
        if isinstance(chunks, Generator):
            call_foreign(part.owner, chunks.close)
    if fps is None:
        raise PluginError(f"The {part.owner} yielded no vectors at all; it must yield at least one.")


def _checked(chunk: Any, fps: float | None, width: int, owner: Owner) -> float:
    """The chunk's fps, if it keeps what every driver promises."""
    fault = _fault(chunk, fps, width)
    if fault is not None:
        raise PluginError(f"The {owner} yielded {fault}.")
    return float(chunk.fps)


def _fault(chunk: Any, fps: float | None, width: int) -> str | None:
    if not isinstance(chunk, Chunk):
        return f"a {type(chunk).__name__}, not a Chunk"
    shape = tuple(getattr(chunk.vectors, "shape", ()))
    if len(shape) != 2 or shape[1] != width or not shape[0]:
        return f"vectors of shape {shape}; (n, {width}) is needed, n at least 1"
    if not _is_floating(chunk.vectors):
        return f"vectors of {chunk.vectors.dtype}; floating numbers are needed"
    if not np.isfinite(as_vectors(chunk.vectors)).all():
        return "vectors with numbers that are not finite"
    return _fault_beside(chunk, fps, shape[0])


def _fault_beside(chunk: Chunk, fps: float | None, rows: int) -> str | None:
    if not (math.isfinite(chunk.fps) and chunk.fps > 0):
        return f"{chunk.fps} rows a second; a positive number is needed"
    if fps is not None and chunk.fps != fps:
        return f"{chunk.fps:g} rows a second after {fps:g}; one rate a stream is needed"
    if chunk.pictures is not None and len(chunk.pictures) != rows:
        return f"{len(chunk.pictures)} pictures beside {rows} vectors"
    return None


def _is_floating(values: Any) -> bool:
    known = getattr(values.dtype, "is_floating_point", None)  # a torch dtype
    return bool(known) if known is not None else bool(np.issubdtype(values.dtype, np.floating))


def heard(part: Part, source: Source) -> Iterator[Chunk]:
    """What a driver says, offsets or vectors as it declared: checked, and with what it holds kept out of it."""
    chunks: Iterator[Chunk] = guarded(part, source)
    for name in part.holds:
        factor = source.mapping(name)
        if not isinstance(factor, Factor):
            raise PluginError(f"The {part.owner} holds {name!r}, which can be written but not read.")
        chunks = held(chunks, factor, as_vectors(source.vector), relative=part.relative, name=name)
    return chunks


def offsets(chunks: Iterable[Chunk], still: Vectors) -> Iterator[Chunk]:
    """Driving vectors as offsets from the source's own."""
    for chunk in chunks:
        yield replace(chunk, vectors=as_vectors(chunk.vectors) - still)


def ticks(chunks: Iterable[Chunk], fps: float) -> Iterator[Row]:
    """A stream at the film's rate, linear between its rows; the last one is held for its share of time."""
    chunks = iter(chunks)
    first = next(chunks, None)
    if first is None:
        return
    rows = _rows(chain([first], chunks))
    here, after, index = next(rows, None), None, 0
    for tick in count():
        position = tick * first.fps / fps
        whole = math.floor(position + _CLOSE)
        while index < whole and here is not None:
            here, after, index = after or next(rows, None), None, index + 1
        if here is None:
            return
        share = position - whole
        if share > _CLOSE:
            after = after or next(rows, None)
        yield _between(here, after, share) if after and share > _CLOSE else here


def _rows(chunks: Iterable[Chunk]) -> Iterator[Row]:
    for chunk in chunks:
        for k, vector in enumerate(as_vectors(chunk.vectors)):
            yield Row(vector, None if chunk.pictures is None else chunk.pictures[k])


def _between(a: Row, b: Row, share: float) -> Row:
    return Row(a.vector + share * (b.vector - a.vector), a.picture if share < 0.5 else b.picture)


def compose(
    parts: Sequence[Part], source: Source, *, fps: float | None = None, seconds: float | None = None
) -> Composed:
    """Set drivers going together: v_source plus everybody's offsets, until the shortest finite one ends.

    fps: rate of the film; None: the absolute driver's, else the first finite one's, else, of several, the source's
    seconds: at most so long; needed when every driver is endless
    """
    check(parts, seconds)
    still = as_vectors(source.vector)
    leader = next(
        (p for p in parts if not p.relative), next((p for p in parts if not p.endless and not p.live), parts[0])
    )
    first, leading = _peek(_offsets(leader, source, still))
    nobody_leads = leader.relative and leader.endless and not leader.live and len(parts) > 1
    rate = fps or (source.fps if nobody_leads else first.fps)
    paced_source = source if fps or not hasattr(source, "at") else source.at(rate)
    streams = [leading if p is leader else _offsets(p, paced_source, still) for p in parts]
    meters = [Meter() for _ in parts]
    rows = [_at_rate(p, s, rate, still) for p, s in zip(parts, streams, strict=True)]
    limit = None if seconds is None else max(1, math.ceil(seconds * rate - _CLOSE))
    known = [] if limit is None else [limit]
    if not leader.live and (length := getattr(leader.driver, "frames", None)) is not None:
        known.append(math.ceil(length * rate / first.fps - _CLOSE))
    return Composed(rate, min(known, default=None), islice(_sum(rows, still, meters), limit), meters)


class Still:
    """Drives nothing, for ever: for a face that is only painted on."""

    def drive(self, source: Source) -> Iterator[Chunk]:
        while True:
            yield Chunk(np.zeros((25, len(source.vector))), source.fps)


def check(parts: Sequence[Part], seconds: float | None) -> None:
    """Refuse drivers that cannot go together."""
    if not parts:
        raise UsageError("Nothing drives the face; name at least one driver.")
    absolute = [part.name for part in parts if not part.relative]
    if len(absolute) > 1:
        raise UsageError(f"The drivers {' and '.join(absolute)} both say where the face is; only one of them may.")
    if seconds is None and all(part.endless and not part.live for part in parts):
        names = " and ".join(part.name for part in parts)
        raise UsageError(f"{names} would go on for ever; --seconds says how long the film shall be.")


def _offsets(part: Part, source: Source, still: Vectors) -> Iterator[Chunk]:
    chunks = heard(part, source)
    return chunks if part.relative else offsets(chunks, still)


def _peek(chunks: Iterator[Chunk]) -> tuple[Chunk, Iterator[Chunk]]:
    first = next(chunks)
    return first, chain([first], chunks)


def _at_rate(part: Part, chunks: Iterator[Chunk], fps: float, still: Vectors) -> Iterator[Row]:
    if not part.live:
        return ticks(chunks, fps)
    return paced(Newest(_rows(chunks)), Row(np.zeros_like(still)), fps)


def _sum(streams: Sequence[Iterator[Row]], still: Vectors, meters: Sequence[Meter]) -> Generator[Row]:
    with ExitStack() as stack:
        for stream in streams:
            if isinstance(stream, Generator):
                stack.enter_context(closing(stream))
        for rows in zip(*streams, strict=False):
            for meter, row in zip(meters, rows, strict=True):
                meter.add(row.vector)
            total = still + np.sum([row.vector for row in rows], axis=0)
            yield Row(total, next((row.picture for row in rows if row.picture is not None), None))

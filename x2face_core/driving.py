"""The interfaces between the host and whatever drives a face; importing them does not import torch.

A driving vector has 128 numbers; n of them, a row a moment, are (n, 128). Pictures are (n, 3, h, w) float32 in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Floats: TypeAlias = Tensor | NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class EmbeddedFace:
    """The face laid out flat.

    texture: (3, h, w) float32 in [0, 1], RGB
    anchors: name to (x, y) in -1..1, places of the flat face that the weights know by name
    """

    texture: Tensor
    anchors: Mapped[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Chunk:
    """A stretch of a driver's stream, as long as suits the driver.

    vectors: (n, 128) floating tensor or array; row k holds k/fps seconds after the chunk's start
    fps: rows a second, the same in all chunks of a stream
    pictures: (n, 3, h, w), what the vectors were read from, for showing beside the result
    """

    vectors: Floats
    fps: float
    pictures: Floats | None = None


class Source(Protocol):
    """The face to be driven, and what the host can do for a driver.

    face: the embedded face, all sources in one
    vector: (128,), the first source's own driving vector: with it the face stays as it is; its length is the space's
    pictures: (k, 3, h, w), the sources' crops
    fps: rows a second that suit the film best; a driver free to choose takes it
    seconds: how long the film will be at most; None: as long as the drivers last
    seed: for drivers that draw random numbers
    space: fingerprint of the driving encoder; vectors of another space mean nothing here

    Provisional, so they may still change within api 1:
    side: pixels a side of the crops that `encode` reads; larger ones are reduced
    crop_scale: side of the crops that the networks know, in sides of the face's box
    pictures_wanted: whether Chunk.pictures will be looked at, so that nobody prepares them in vain
    reading_scale: (7,), how far each number of `read` usually strays, to weigh a distance
    """

    @property
    def face(self) -> EmbeddedFace: ...
    @property
    def vector(self) -> Tensor: ...
    @property
    def pictures(self) -> Tensor: ...
    @property
    def fps(self) -> float: ...
    @property
    def seconds(self) -> float | None: ...
    @property
    def seed(self) -> int: ...
    @property
    def space(self) -> str: ...
    @property
    def side(self) -> int: ...
    @property
    def crop_scale(self) -> float: ...
    @property
    def pictures_wanted(self) -> bool: ...
    @property
    def reading_scale(self) -> Tensor: ...

    def encode(self, pictures: Tensor) -> Tensor:
        """Cropped pictures (n, 3, h, w) to driving vectors (n, 128)."""
        ...

    def read(self, vectors: Tensor) -> Tensor:
        """(n, 128) to (n, 7): roll, pitch, yaw in degrees, mouth opening and width, left and right eye opening."""
        ...

    def crop(self, pictures: Iterable[Any]) -> Tensor:
        """Whole pictures, uint8 (h, w, 3) each, to crops (n, 3, side, side) around the face, one box for all."""
        ...

    def mapping(self, name: str) -> Mapping:
        """A fitted mapping; MissingError says which command fits it."""
        ...

    def factor(self, name: str) -> Factor:
        """A fitted mapping that can be read too, such as pose; MissingError where it cannot."""
        ...

    def drive(self, name: str, **settings: Any) -> Iterator[Chunk]:
        """What another installed driver yields for this source, checked as if it had been named in the run."""
        ...


class Driver(Protocol):
    """Makes driving vectors, one chunk after the other.

    The object may carry attributes that tell more than its declaration.
    Read once it is loaded: relative, endless, live, follows_sound (bool), holds (tuple of factors' names), sound (Path,
    a file whose sound belongs to the film).
    Read once its first chunk is there: frames (int, how many rows it will yield), box (x, y, w, h, where it looked in
    its own pictures).
    Read in the end: warnings (list of str, what the user should know).
    """

    def drive(self, source: Source) -> Iterator[Chunk]: ...


@runtime_checkable
class Overlay(Protocol):
    """Changes the embedded face, whatever drives it.

    The object may carry moving (bool), read once it is loaded: whether it is asked for each frame or only once.
    """

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        """The face as it looks so many seconds into the film."""
        ...


class FilmEncoder(Protocol):
    """Encodes films as driving vectors, for `Mapping.examples`.

    side: pixels a side of the crops that `encode` reads; larger ones are reduced
    """

    @property
    def side(self) -> int: ...

    def __call__(self, path: Path) -> tuple[Tensor, float]:
        """A film's driving vectors (n, 128), a row a frame, and its fps; the host finds and crops the face.

        path: a film, a picture or a folder of pictures
        Frames without the face have the vector of the last one that shows it; a film without any face has no rows.
        InputError where it cannot be read.
        """
        ...

    def encode(self, pictures: Tensor) -> Tensor:
        """Crops (n, 3, h, w) in [0, 1], around the face as the host cuts them, to vectors (n, 128)."""
        ...


@runtime_checkable
class Mapping(Protocol):
    """A learned map from k numbers with a meaning to driving vectors; its spec says what the numbers are."""

    def write(self, values: Tensor) -> Tensor:
        """(n, k) to (n, 128)."""
        ...

    def examples(self, folder: Path, film: FilmEncoder) -> Iterable[tuple[Tensor, Tensor]]:
        """Pairs of values (n, k) and vectors (n, 128) to fit to.

        folder: what the user gave as --data; film: reads the films in it
        """
        ...

    def fit(self, examples: Iterable[tuple[Tensor, Tensor]]) -> Mapped[str, Any]:
        """Learn from the examples; what the user should know of how well it went."""
        ...

    def state_dict(self) -> dict[str, Tensor]: ...

    def load_state_dict(self, state: Mapped[str, Tensor]) -> Any: ...


@runtime_checkable
class Factor(Mapping, Protocol):
    """A mapping that goes both ways, so that its part of a vector can be held still."""

    def read(self, vectors: Tensor) -> Tensor:
        """(n, 128) to (n, k)."""
        ...

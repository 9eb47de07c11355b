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
    """A pose-independent face in texture space, from which every frame is sampled (paper 3.1).

    texture: (3, h, w) float32 in [0, 1], RGB
    anchors: (x, y) in -1..1 of named points of the texture, such as "mouth"; empty for weights that know none
    """

    texture: Tensor
    anchors: Mapped[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Chunk:
    """A part of a driver's stream, of any length from one row on.

    vectors: (n, 128) floating-point tensor or array; row k is at k/fps seconds after the start of the chunk
    fps: rows a second, the same in all chunks of a stream
    pictures: (n, 3, h, w) in [0, 1], the driving pictures, to show next to the result; optional
    """

    vectors: Floats
    fps: float
    pictures: Floats | None = None


class Source(Protocol):
    """The face to be driven, and the services of the host for a driver.

    face: the embedded face, fused from all sources
    vector: (128,) driving vector of the first source, which reproduces it; its length is that of the driving space
    pictures: (k, 3, h, w) crops of the sources in [0, 1]
    fps: frame rate of the film; a driver that can choose its rate uses it
    seconds: largest length of the film; None: not limited
    seed: for drivers that draw random numbers
    space: fingerprint of the driving encoder; vectors of different spaces are not compatible

    Provisional, may still change within api 1:
    side: pixels a side of the crops that `encode` reads; larger ones are reduced
    crop_scale: side of the crops that the networks were trained on, in sides of the face's box
    pictures_wanted: whether Chunk.pictures is used; a driver need not prepare pictures otherwise
    reading_scale: (7,) standard deviation of each number of `read` in the training set, to normalise distances
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

    def measure(self, pictures: Tensor) -> Tensor:
        """Cropped pictures (n, 3, h, w) to (n, 9): the numbers of `read`, and gaze right and down in eye widths.

        A network of its own measures them, which tells strangers' heads, lips and eyes better than vectors do.
        Provisional, as are the last attributes above.
        """
        ...

    def render(self, vectors: Tensor) -> Tensor:
        """Driving vectors (n, 128) to frames (n, 3, h, w) of the face in [0, 1], in the size of the sources' crops.

        So a driver sees what its offsets make. Provisional, as `measure`.
        """
        ...

    def crop(self, pictures: Iterable[NDArray[np.uint8]]) -> Tensor:
        """Pictures, uint8 (h, w, 3) each, to crops (n, 3, side, side) in [0, 1] around the face, one box for all."""
        ...

    def mapping(self, name: str) -> Mapping:
        """A fitted mapping; MissingError says which command fits it."""
        ...

    def factor(self, name: str) -> Factor:
        """A fitted mapping that also reads vectors, such as pose; MissingError if it does not."""
        ...

    def drive(self, name: str, **settings: Any) -> Iterator[Chunk]:
        """The chunks of another installed driver for this source, validated as those of a driver of the run."""
        ...


class Driver(Protocol):
    """Generates driving vectors, chunk by chunk.

    The object may have attributes that override or extend its declaration.
    Read once it is loaded: relative, endless, live, follows_sound (bool), holds (tuple of factors' names), sound (Path,
    a file whose sound belongs to the film).
    Read after its first chunk: frames (int, number of rows that it will yield), box (x, y, w, h, the crop in its own
    pictures).
    Read at the end: warnings (list of str, to show to the user).
    """

    def drive(self, source: Source) -> Iterator[Chunk]: ...


@runtime_checkable
class Overlay(Protocol):
    """Edits the embedded face, independently of the drivers.

    The object may have the attribute moving (bool), read once it is loaded: call `edit` for each frame, or only once.
    """

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        """A new face, as edited at a time of the film in seconds; the given one is not changed."""
        ...


class FilmEncoder(Protocol):
    """Encodes films as driving vectors, and renders faces, for `Mapping.examples`.

    side: pixels a side of the crops that `encode` reads; larger ones are reduced
    reading_scale: (7,) as of Source
    """

    @property
    def side(self) -> int: ...
    @property
    def reading_scale(self) -> Tensor: ...

    def __call__(self, path: Path) -> tuple[Tensor, float]:
        """Driving vectors (n, 128) of a film's n frames, and its frame rate; the host finds and crops the face.

        path: a film, a picture or a folder of pictures
        Frames without a face repeat the vector of the last one with a face; a film without any face gives no rows.
        InputError if it cannot be read.
        """
        ...

    def encode(self, pictures: Tensor) -> Tensor:
        """Crops (n, 3, h, w) in [0, 1], as the host crops faces, to driving vectors (n, 128)."""
        ...

    def read(self, vectors: Tensor) -> Tensor:
        """(n, 128) to (n, 7), as of Source."""
        ...

    def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
        """The face in a crop (3, h, w), driven by vectors (n, 128): frames (n, 3, h, w) in [0, 1]."""
        ...


@runtime_checkable
class Mapping(Protocol):
    """A learned map from k numbers to driving vectors; its spec names the numbers and their units."""

    def write(self, values: Tensor) -> Tensor:
        """Numbers (n, k) to driving vectors (n, 128)."""
        ...

    def examples(self, folder: Path, film: FilmEncoder) -> Iterable[tuple[Tensor, Tensor]]:
        """Training pairs of numbers (n, k) and driving vectors (n, 128).

        folder: the folder given as --data; film: encodes the films in it
        """
        ...

    def fit(self, examples: Iterable[tuple[Tensor, Tensor]]) -> Mapped[str, Any]:
        """Learn from the examples, each as of `examples`; return figures of the fit by name, to show to the user."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """What was learned, as tensors by name; all that the host stores."""
        ...

    def load_state_dict(self, state: Mapped[str, Tensor]) -> object:
        """Take over what `state_dict` returned; the result is not used."""
        ...


@runtime_checkable
class Factor(Mapping, Protocol):
    """A mapping that can also be inverted, so that its part of a driving vector can be kept fixed or taken alone."""

    def read(self, vectors: Tensor) -> Tensor:
        """Driving vectors (n, 128) to numbers (n, k)."""
        ...

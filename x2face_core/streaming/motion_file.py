"""Motion files (`.x2v`): safetensors with a row for each frame, the frame rate, and the origin."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from x2face_core.bounds import LONGEST
from x2face_core.errors import InputError
from x2face_core.files.descriptions import described
from x2face_core.files.faults import writing
from x2face_core.files.kinds import FileKind
from x2face_core.files.names import is_space
from x2face_core.files.placing import atomic_file, make_folders_above, readable_file
from x2face_core.streaming.vectors import FASTEST, LARGEST, SLOWEST

Floats: TypeAlias = NDArray[np.float32]

SUFFIX = ".x2v"
_SUM = "x2face.sha256"
_KIND = FileKind("x2face.motion", "motion", f"x2face run --record FILE{SUFFIX}", "record or copy it again", InputError)


@dataclass(frozen=True)
class Origin:
    """Metadata of a recorded motion.

    fps: rows a second
    space: fingerprint of the driving encoder; "": any space, for synthetic motion
    weights: name of the weights in use
    drivers: name, dist and version of each driver
    version: of x2face
    """

    fps: float
    space: str = ""
    weights: str = ""
    drivers: tuple[dict[str, str], ...] = ()
    version: str = ""


@dataclass(frozen=True, eq=False)
class Motion:
    """The motion of a film, independent of its face.

    offsets: (n, 128) float32, driving vector of each frame minus that of the source
    vector: (128,) float32, driving vector of the source at recording
    """

    offsets: Floats
    vector: Floats
    origin: Origin

    @property
    def vectors(self) -> Floats:
        """(n, 128): the recorded driving vectors."""
        return self.vector + self.offsets


def write_motion(path: Path, motion: Motion, *, overwrite: bool = True) -> None:
    """Write a motion atomically; creates the parent folders. UsageError if it cannot be written.

    overwrite: replace an existing file; else that is a UsageError
    """
    from safetensors.numpy import save

    tensors = {"offsets": motion.offsets, "vector": motion.vector}
    make_folders_above(path)
    metadata = _KIND.metadata(asdict(motion.origin)) | {_SUM: _checksum(motion)}
    with atomic_file(path, overwrite=overwrite) as hidden, writing(path):
        hidden.write_bytes(save(tensors, metadata=metadata))


def read_motion(path: str | Path) -> Motion:
    """Read a file by `x2face run --record`. InputError if it is missing, broken or of another kind."""
    readable = readable_file(path)
    origin = _KIND.read(readable, lambda content: described(Origin, content))
    arrays = _KIND.arrays(readable)
    if missing := {"offsets", "vector"} - set(arrays):
        raise InputError(f"{path}: lacks its {' and '.join(sorted(missing))}; {_KIND.remedy}.")
    motion = Motion(arrays["offsets"], arrays["vector"], origin)
    if fault := _fault(motion) or _sum_fault(motion, _KIND.header(readable).get("__metadata__", {})):
        raise InputError(f"{path}: {fault}; {_KIND.remedy}.")
    return motion


def _fault(motion: Motion) -> str | None:
    rows, width = motion.offsets.shape if motion.offsets.ndim == 2 else (0, 0)
    if not rows or not width or motion.vector.shape != (width,):
        return f"its offsets have the shape {motion.offsets.shape} and its vector {motion.vector.shape}"
    if motion.origin.space and not is_space(motion.origin.space):
        return f"its space is {motion.origin.space!r:.60}, not 16 hexadecimal digits"
    for values in (motion.offsets, motion.vector):
        if values.dtype != np.float32 or not np.isfinite(values).all():
            return "it has numbers that are not finite float32"
        if np.abs(values).max() > LARGEST:
            return f"it has numbers as large as {np.abs(values).max():.2g}, and vectors go to {LARGEST:g}"
    return _time_fault(motion.origin.fps, rows)


def _time_fault(fps: float, rows: int) -> str | None:
    if not SLOWEST <= fps <= FASTEST:
        return f"it has {fps:g} rows a second; {SLOWEST:g} to {FASTEST:g} are played"
    return f"it lasts {rows / fps:g} seconds, longer than any film" if rows / fps > LONGEST else None


def _sum_fault(motion: Motion, metadata: dict[str, str]) -> str | None:
    changed = metadata.get(_SUM, found := _checksum(motion)) != found  # files of earlier versions have none
    return "its numbers are not those that were recorded" if changed else None


def _checksum(motion: Motion) -> str:
    """sha256 of all numbers."""
    return hashlib.sha256(motion.offsets.tobytes() + motion.vector.tobytes()).hexdigest()

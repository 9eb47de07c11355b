"""Recording the motion of a run, 512 bytes for each frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from x2face_core.files.placing import make_folders_above
from x2face_core.rendering.pipeline import Animation, Frame
from x2face_core.rendering.provenance import installed_version
from x2face_core.sources.source import Model
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.motion_file import Motion, Origin, write_motion
from x2face_core.streaming.vectors import as_vectors


@contextmanager
def recorded(
    animation: Animation, path: Path | None, model: Model, drivers: Sequence[ActiveDriver], *, overwrite: bool = True
) -> Iterator[Iterator[Frame]]:
    """A context with the animation's frames; if there is a path, their motion is written to it at the end.

    After Ctrl-C the motion up to there is written, like the film; after any other exception nothing is written.
    """
    if path is None:
        yield animation.frames
        return
    make_folders_above(path)  # fails now rather than after the film is made
    recorder = Recorder(animation)
    try:
        yield recorder.frames()
    except KeyboardInterrupt:
        recorder.save(path, origin_of(animation.fps, model, drivers), overwrite=overwrite)
        raise
    recorder.save(path, origin_of(animation.fps, model, drivers), overwrite=overwrite)


class Recorder:
    """Records each frame's offset from the source's vector."""

    def __init__(self, animation: Animation) -> None:
        self._animation = animation
        self._still = as_vectors(animation.source.vector)
        self._rows = bytearray()  # float32; grows in place

    def frames(self) -> Iterator[Frame]:
        for frame in self._animation:
            self._rows += (frame.vector - self._still).astype(np.float32).tobytes()
            yield frame

    def save(self, path: Path, origin: Origin, *, overwrite: bool) -> None:
        """Write the recorded motion, if there is any."""
        if self._rows:
            offsets = np.frombuffer(self._rows, np.float32).reshape(-1, len(self._still))
            write_motion(path, Motion(offsets, self._still.astype(np.float32), origin), overwrite=overwrite)


def origin_of(fps: float, model: Model, drivers: Sequence[ActiveDriver]) -> Origin:
    """Where a motion comes from: rate in frames a second, weights, and the drivers that made it."""
    owners = [one.owner for one in drivers]
    descriptions = tuple({"name": owner.name, "dist": owner.dist, "version": owner.version} for owner in owners)
    return Origin(fps, model.fingerprint, getattr(model, "name", ""), descriptions, installed_version())

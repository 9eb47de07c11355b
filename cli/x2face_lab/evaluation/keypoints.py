"""Landmarks of generated against true frames: average keypoint distance, missing keypoint rate, jitter.

AKD and MKR as in Siarohin et al., First Order Motion Model, 2019, with the face mesh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from x2face_core.data.folder import Clip
from x2face_core.model import X2Face
from x2face_lab.evaluation.readers import Reader
from x2face_lab.evaluation.tally import Tally
from x2face_lab.evaluation.tracks import SIDE, one_each_in_turn, read_film

FRAMES = 25
"""Consecutive frames of a clip that are measured, from its middle."""
EACH = 4
"""Largest number of clips of a person."""
Floats = NDArray[np.float64]


@torch.inference_mode()
def measure_keypoints(
    model: X2Face,
    clips: Sequence[Clip],
    reader: Reader,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Tally:
    """Drive the first frame of clips by the clips themselves; empty if the reader has no landmarks.

    akd: in pixels at 256; missing: for each true frame with a face, 1 if none is found in the generated one, else 0
    jitter, jitter_true: in pixels, see `jitter`
    """
    tally = Tally()
    chosen = list(one_each_in_turn(clips, len(clips), each=EACH))
    for number, clip in enumerate(chosen):
        start = max(1, min(clip.frames // 2 - FRAMES // 2, clip.frames - FRAMES))
        film = read_film(clip, [0, *range(start, min(start + FRAMES, clip.frames))])
        targets = film.pictures[1:]
        generated = model.render(model.embed(film.pictures[:1]), model.encode(targets))
        true, made = reader.look(targets).landmarks, reader.look(generated).landmarks
        if true is None or made is None:
            return tally
        add_keypoints(tally, clip.identity, true, made)
        progress(number + 1, len(chosen))
    return tally


def add_keypoints(tally: Tally, person: str, true: Floats, made: Floats) -> None:
    """Add figures of consecutive frames. true, made: landmarks (n, 68, 3) in picture widths, NaN without a face"""
    there, found = _with_face(true), _with_face(made)
    tally.add(person, "missing", (~found[there]).astype(float))
    apart = np.linalg.norm((made - true)[there & found, :, :2], axis=2).mean(axis=1)
    tally.add(person, "akd", apart * SIDE)
    tally.add(person, "jitter_true", jitter(true))
    tally.add(person, "jitter", jitter(made))


def _with_face(landmarks: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(landmarks).all(axis=(1, 2)))


def jitter(landmarks: Floats) -> Floats:
    """Jitter of landmarks (n, 68, 3): mean length of their second differences in pixels.

    Returns (m,): one value for each three consecutive frames with a face.
    """
    length = np.linalg.norm(np.diff(landmarks[:, :, :2], 2, axis=0), axis=2).mean(axis=1) * SIDE
    known: Floats = length[np.isfinite(length)]
    return known

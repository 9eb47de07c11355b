"""Reading what moves in a film from its driving vectors, beside the frames."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch

from x2face_core.rendering.job import count_turns
from x2face_core.rendering.pipeline import Frame
from x2face_core.suitability.movement import Movement
from x2face_core.suitability.reach import Turns


class Reads:
    """A model whose yaw is the first number of the vector."""

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        readings = torch.zeros(len(vectors), 7)
        readings[:, 2] = vectors[:, 0]
        return readings


def turning(count: int) -> Iterator[Frame]:
    """Frames that turn by a degree each."""
    picture = np.zeros((4, 4, 3), np.uint8)
    return (Frame(picture, np.full(128, float(number)), 25.0) for number in range(count))


def test_every_frame_is_read_once_and_passed_on_in_order() -> None:
    model: Any = Reads()
    turns, movement = Turns(), Movement()
    passed = [frame.vector[0] for frame in count_turns(turning(75), model, turns, movement)]
    assert passed == list(range(75))
    assert (turns.frames, turns.beyond, turns.yaw) == (75, 44, 74.0)  # 31° to 74° are beyond 30°
    assert movement.words().startswith("head turns 71°")  # from the 2nd to the 98th of a hundred


def test_frames_of_a_film_that_was_ended_early_are_read_too() -> None:
    model: Any = Reads()
    turns = Turns()
    frames: Any = count_turns(turning(75), model, turns, Movement())
    assert len(list(islice(frames, 40))) == 40
    frames.close()
    assert (turns.frames, turns.yaw) == (40, 39.0)

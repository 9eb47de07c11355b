"""From pictures and drivers to frames, by tiny real networks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.composing import Part
from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.pipeline import Painted, animate, batches
from x2face_core.source import ModelSource, to_pictures, to_tensor


@dataclass
class Shakes:
    """n rows of noise, in chunks of an odd length."""

    rows: int
    fps: float = 25.0
    relative: bool = True

    def drive(self, source: Any) -> Any:
        noise = np.random.default_rng(0).normal(size=(self.rows, 128)).astype(np.float32)
        for start in range(0, self.rows, 3):
            yield Chunk(noise[start : start + 3], self.fps)


class Stays:
    """For ever the source's own vector."""

    relative, endless = False, True

    def drive(self, source: Any) -> Any:
        while True:
            yield Chunk(source.vector[None], source.fps)


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(1))


def test_as_many_frames_come_as_rows_and_as_large_as_the_sources(tiny_model: Any, pictures: torch.Tensor) -> None:
    animation = animate(tiny_model, pictures, [Shakes(7)])
    frames = list(animation)
    assert len(frames) == 7
    assert animation.fps == frames[0].fps == 25
    assert frames[0].picture.shape == (48, 48, 3)
    assert frames[0].picture.dtype == np.uint8


def test_the_batch_size_does_not_matter(tiny_model: Any, pictures: torch.Tensor) -> None:
    one, many = (
        np.stack([frame.picture for frame in animate(tiny_model, pictures, [Shakes(7)], batch_size=size)])
        for size in (1, 5)
    )
    assert np.abs(one.astype(int) - many.astype(int)).max() <= 1


def test_a_face_driven_by_its_own_vector_is_what_the_networks_make_of_it(
    tiny_model: Any, pictures: torch.Tensor
) -> None:
    (frame,) = animate(tiny_model, pictures, [Stays()], seconds=0.04, fps=25)
    face = tiny_model.embed(pictures)
    expected = tiny_model.render(face, tiny_model.encode(pictures[:1]))
    assert np.abs(frame.picture.astype(int) - to_pictures(expected)[0].astype(int)).max() <= 1


def test_frames_are_made_while_they_are_asked_for(tiny_model: Any, pictures: torch.Tensor) -> None:
    frames = iter(animate(tiny_model, pictures, [Stays(), Part.of("shakes", Shakes(10_000))]))
    assert len(list(islice(frames, 3))) == 3


class Paints:
    """Adds a tenth for each second."""

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        return replace(face, texture=face.texture * 0 + 0.41 + seconds / 10)


@pytest.mark.parametrize(("moving", "grey"), [(False, [105, 105, 105]), (True, [105, 130, 156])])
def test_an_overlay_is_painted_once_or_each_frame(
    tiny_model: Any, pictures: torch.Tensor, moving: bool, grey: list[int]
) -> None:
    frames = animate(tiny_model, pictures, [Shakes(3, fps=1.0)], overlays=[Painted("paints", Paints(), moving)])
    assert [frame.picture[24, 24, 0] for frame in frames] == grey


def test_pictures_survive_becoming_tensors() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(to_pictures(to_tensor([picture]))[0], picture)


def test_batches_know_where_they_begin() -> None:
    assert list(batches("abcde", 2)) == [(0, ["a", "b"]), (2, ["c", "d"]), (4, ["e"])]


def test_a_source_hands_on_to_other_drivers(tiny_model: Any, pictures: torch.Tensor) -> None:
    source = ModelSource.of(tiny_model, pictures, load_driver=lambda name, more: Part(name, Shakes(**more)))
    (chunk,) = source.drive("shakes", rows=2)
    assert chunk.vectors.shape == (2, 128)

"""From pictures and drivers to frames, by tiny real networks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import PluginError, UsageError
from x2face_core.pixels import to_pictures, to_tensor
from x2face_core.rendering.pipeline import animate
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
from x2face_core.streaming.batching import batches
from x2face_core.streaming.shaping import Shaping

from ...acting import active, painting


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
    frames = iter(animate(tiny_model, pictures, [Stays(), ActiveDriver.of(Shakes(10_000))]))
    assert len(list(islice(frames, 3))) == 3


class Paints:
    """Adds a tenth for each second."""

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        return replace(face, texture=face.texture * 0 + 0.41 + seconds / 10)


@pytest.mark.parametrize(("moving", "grey"), [(False, [105, 105, 105]), (True, [105, 130, 156])])
def test_an_overlay_is_painted_once_or_each_frame(
    tiny_model: Any, pictures: torch.Tensor, moving: bool, grey: list[int]
) -> None:
    frames = animate(tiny_model, pictures, [Shakes(3, fps=1.0)], overlays=[painting("paints", Paints(), moving=moving)])
    assert [frame.picture[24, 24, 0] for frame in frames] == grey


@pytest.mark.parametrize("moving", [None, False, True])
def test_batches_rendered_at_the_same_time_give_the_same_bits(
    tiny_model: Any, pictures: torch.Tensor, monkeypatch: pytest.MonkeyPatch, moving: bool | None
) -> None:
    overlays = [] if moving is None else [painting("paints", Paints(), moving=moving)]
    films = []
    for workers in (1, 3):
        monkeypatch.setattr(type(tiny_model), "workers", workers, raising=False)
        frames = animate(tiny_model, pictures, [Shakes(23, fps=1.0)], overlays=overlays, batch_size=2)
        films.append(np.stack([frame.picture for frame in frames]))
    np.testing.assert_array_equal(*films)


@dataclass
class Turns:
    """Halves the texture, or takes a half from one."""

    inverts: bool = False
    moving: bool = False

    def edit(self, face: EmbeddedFace, seconds: float) -> EmbeddedFace:
        texture = face.texture / 2
        return replace(face, texture=0.5 - texture if self.inverts else texture)


@pytest.mark.parametrize("moving", [(False, False), (True, False), (False, True), (True, True)])
def test_overlays_keep_their_order_whether_they_move_or_not(tiny_model: Any, moving: tuple[bool, bool]) -> None:
    overlays = [ActiveOverlay.of(Turns(False, moving[0])), ActiveOverlay.of(Turns(True, moving[1]))]
    assert [overlay.moving for overlay in overlays] == list(moving)
    (frame,) = animate(tiny_model, torch.full((1, 3, 48, 48), 0.8), [Shakes(1)], overlays=overlays)
    assert float(frame.picture[24, 24, 0]) == pytest.approx(255 * (0.5 - 0.2), abs=0.51)  # 76.5: rounded either way


def test_an_overlay_that_says_nothing_moves_as_it_was_declared() -> None:
    assert [ActiveOverlay.of(Paints(), moving=moving).moving for moving in (False, True)] == [False, True]


def test_a_face_that_is_only_painted_on_stays_as_it_is(tiny_model: Any, pictures: torch.Tensor) -> None:
    frames = list(animate(tiny_model, pictures, [], overlays=[Paints()], seconds=0.2))
    assert len(frames) == 5 and all((frame.picture[24, 24] == 105).all() for frame in frames)
    np.testing.assert_array_equal(frames[0].vector, tiny_model.encode(pictures[:1])[0].double().numpy())


def test_nothing_that_drives_or_paints_makes_no_film(tiny_model: Any, pictures: torch.Tensor) -> None:
    with pytest.raises(UsageError, match="Nothing drives the face"):
        animate(tiny_model, pictures, [], seconds=1)
    with pytest.raises(UsageError, match="the painted face would go on for ever; --seconds"):
        animate(tiny_model, pictures, [], overlays=[Paints()])


def test_paint_is_as_opaque_as_its_weight_and_comes_and_goes_as_a_driver_does() -> None:
    grey = EmbeddedFace(torch.full((3, 2, 2), 0.21))

    def seen(seconds: float, **shaping: float) -> float:
        overlay = ActiveOverlay.of(Paints(), shaping=Shaping(**shaping))
        return round(float(overlay.on(grey, seconds).texture[0, 0, 0]), 5)

    assert [seen(0), seen(0, weight=0.5), seen(0, weight=0), seen(0, weight=9)] == [0.41, 0.31, 0.21, 1]
    assert [seen(s, start=1) for s in (1, 1.1, 1.2)] == [0.21, round(0.21 + 0.5 * 0.31, 5), 0.53]
    assert ActiveOverlay.of(Paints(), shaping=Shaping(start=1)).moving


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda face: face.texture, "gave back a Tensor, not an EmbeddedFace"),
        (lambda face: None, "gave back a NoneType"),
        (
            lambda face: replace(face, texture=face.texture[:, 1:]),
            r"gave back a texture of shape \(3, 47, 48\); \(3, 48, 48\) is needed",
        ),
        (lambda face: 1 / 0, "failed: ZeroDivisionError"),
    ],
)
def test_an_overlay_that_breaks_is_named(tiny_model: Any, pictures: torch.Tensor, answer: Any, message: str) -> None:
    class Breaks:
        def edit(self, face: EmbeddedFace, seconds: float) -> Any:
            return answer(face)

    overlay = painting("breaks", Breaks(), dist="acme", version="2")
    with pytest.raises(PluginError, match=f"overlay 'breaks' of acme 2 {message}"):
        list(animate(tiny_model, pictures, [Shakes(1)], overlays=[overlay]))


def test_pictures_survive_becoming_tensors() -> None:
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(to_pictures(to_tensor([picture]))[0], picture)


def test_batches_know_where_they_begin() -> None:
    assert list(batches("abcde", 2)) == [(0, ["a", "b"]), (2, ["c", "d"]), (4, ["e"])]


def test_a_source_hands_on_to_other_drivers(tiny_model: Any, pictures: torch.Tensor) -> None:
    source = ModelSource.of(tiny_model, pictures, load_driver=lambda name, more: active(name, Shakes(**more)))
    (chunk,) = source.drive("shakes", rows=2)
    assert chunk.vectors.shape == (2, 128)


def test_whom_a_source_hands_on_to_still_holds_what_he_holds(tiny_model: Any, pictures: torch.Tensor) -> None:
    def load(name: str, more: Any) -> ActiveDriver:
        return active(name, Shakes(**more), holds=("ten",))

    source = ModelSource.of(
        tiny_model, pictures, load_driver=load, load_mapping=lambda name: FirstNumbers(tuple("abcdefghij"))
    )
    (chunk,) = source.drive("shakes", rows=2)
    free = torch.as_tensor(next(iter(Shakes(2).drive(source))).vectors)
    assert float(chunk.vectors[:, :10].__abs__().max()) < 1e-6
    torch.testing.assert_close(torch.as_tensor(chunk.vectors[:, 10:]).float(), free[:, 10:].float())

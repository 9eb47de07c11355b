"""Poisson finishing: membranes worked out by hand, what is carried over, and drivers without pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.acting import active
from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import UsageError
from x2face_core.rendering.membrane import Membrane
from x2face_core.rendering.pipeline import animate
from x2face_core.rendering.poisson import Poisson, merged

ANCHORS = {"mouth": (0.0, 0.4), "left_eye": (-0.3, -0.2), "right_eye": (0.3, -0.2)}


def square(side: int = 9) -> np.ndarray:
    mask = np.zeros((side, side), bool)
    mask[2:-2, 2:-2] = True
    return mask


def test_a_membrane_of_one_pixel_is_the_mean_of_its_neighbours() -> None:
    mask = np.zeros((3, 3), bool)
    mask[1, 1] = True
    filled = Membrane(mask).fill(torch.tensor([[[9.0, 1, 9], [2, 9, 3], [9, 6, 9]]]))
    assert filled[0, 1, 1] == 3
    assert filled[0, 0, 0] == 9


def test_a_membrane_continues_what_is_linear() -> None:
    y, x = np.mgrid[:9, :9]
    plane = torch.from_numpy(np.stack([2.0 * x - y, 0.5 * y])).float()
    torn = plane.clone()
    torn[:, 2:-2, 2:-2] = 99
    assert torch.allclose(Membrane(square()).fill(torn), plane, atol=1e-4)


def test_a_region_at_the_edge_is_refused() -> None:
    with pytest.raises(ValueError, match="a pixel of border"):
        Membrane(np.ones((4, 4), bool))


def test_gradients_come_from_the_donor_and_values_from_around() -> None:
    texture, donor = torch.full((3, 65, 65), 0.4), torch.full((3, 65, 65), 0.4)
    donor[:, 40:51] += 0.2  # the whole height of the mouth is as much lighter
    donor[:, 45, 32] = 0.8
    whole = merged(texture, donor, ANCHORS["mouth"], (0.17, 0.085))
    assert torch.equal(whole[:, :40], texture[:, :40])
    assert float(whole[0, 45, 32] - whole[0, 45, 33]) == pytest.approx(
        0.2 * 0.4 / 0.6, abs=1e-4
    )  # in the texture's light
    assert float(whole[0, 45, 28]) == pytest.approx(0.4, abs=1e-4)  # its lightness is not


class Model:
    """Reads opening of mouth and eyes from a picture's first pixels; embeds a picture as it is."""

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors[:, :7]

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.pad(pictures[:, 0, 0, :7], (0, 121))

    def embed(self, pictures: torch.Tensor) -> EmbeddedFace:
        return EmbeddedFace(pictures[0], ANCHORS)


def driving(mouth: float, eyes: float = 0.3) -> torch.Tensor:
    picture = torch.full((3, 65, 65), 0.4)
    picture[0, 0, :7] = torch.tensor([0, 0, 0, mouth, 0, eyes, eyes])
    picture[:, 45, 32] = picture[:, 26, 22] = 0.9  # in the mouth and in the left eye
    return picture


def on(picture: torch.Tensor | None, mouth: float = 0.0) -> torch.Tensor:
    face = EmbeddedFace(torch.full((3, 65, 65), 0.4), ANCHORS)
    model: Any = Model()
    source = torch.zeros(128)
    source[3], source[5:7] = mouth, 0.3
    return Poisson(model, face, source).on(face, picture, "audio").texture


def test_an_open_mouth_is_carried_over_and_open_eyes_are_not() -> None:
    texture = on(driving(mouth=0.05))
    assert texture[0, 45, 32] > 0.8
    assert texture[0, 26, 22] == pytest.approx(0.4)


def test_a_source_with_an_open_mouth_keeps_its_own_teeth() -> None:
    assert on(driving(mouth=0.05), mouth=0.05)[0, 45, 32] == pytest.approx(0.4)
    assert on(driving(mouth=0.09), mouth=0.05)[0, 45, 32] > 0.8


def test_closed_lids_are_carried_over_and_closed_lips_are_not() -> None:
    texture = on(driving(mouth=0.0, eyes=0.05))
    assert texture[0, 26, 22] > 0.6
    assert texture[0, 45, 32] == pytest.approx(0.4)


def test_a_driver_without_pictures_is_refused_in_a_line() -> None:
    with pytest.raises(UsageError, match="poisson: takes teeth .* there are none from audio; drive by --frame"):
        on(None)


def test_weights_without_anchors_are_refused() -> None:
    model: Any = Model()
    with pytest.raises(UsageError, match="do not say where the mouth is"):
        Poisson(model, EmbeddedFace(torch.zeros(3, 8, 8), {}), torch.zeros(128))


class Speaks:
    def drive(self, source: Any) -> Any:
        yield Chunk(torch.zeros(3, 128), 25.0)


def test_a_run_hands_driving_pictures_to_it(tiny_model: Any) -> None:
    tiny_model.anchors, before = ANCHORS, tiny_model.anchors
    try:
        film = animate(tiny_model, torch.rand(1, 3, 32, 32), [active("speech", Speaks())], finish="poisson")
        with pytest.raises(UsageError, match="and there are none from speech"):
            next(iter(film))
    finally:
        tiny_model.anchors = before

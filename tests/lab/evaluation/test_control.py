"""How pose control is measured: a reader that knows the answer, and networks that do not matter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from x2face_lab.evaluation import control as controls
from x2face_lab.evaluation.control import REACH, STEPS, Sweep, control, sweeps

Tensor = torch.Tensor


class Plain:
    """A factor whose angles are a vector's first three numbers."""

    def read(self, vectors: Tensor) -> Tensor:
        return vectors[:, :3]

    def write(self, values: Tensor) -> Tensor:
        return torch.cat([values, torch.ones(len(values), 125)], dim=1)


class Knowing:
    """A model whose frames are their vectors, and their reader: 0.8 of roll shows, a fifth of that in yaw."""

    name = "knowing"

    def embed(self, pictures: Tensor) -> None:
        return None

    def encode(self, pictures: Tensor) -> Tensor:
        return torch.full((len(pictures), 128), 2.0)

    def render(self, face: None, vectors: Tensor) -> Tensor:
        return vectors[:, :, None, None]

    def read(self, pictures: Tensor) -> np.ndarray:
        roll, pitch, yaw = pictures[:, :3, 0, 0].double().numpy().T
        return np.stack([0.8 * roll, pitch, yaw + 0.16 * roll, np.full(len(roll), 0.1)], axis=1)


def test_a_sweep_starts_from_the_sources_own_pose() -> None:
    model: Any = Knowing()
    roll, pitch, _ = sweeps(model, Plain(), torch.zeros(3, 8, 8), model)
    assert roll.axis == "roll"
    np.testing.assert_allclose(roll.requested, np.linspace(-REACH["roll"], REACH["roll"], STEPS))
    np.testing.assert_allclose(roll.measured[:, 1], 2)
    np.testing.assert_allclose(pitch.measured[:, 1], 2 + pitch.requested)


def test_slope_correlation_and_spill_are_those_of_the_frames() -> None:
    model: Any = Knowing()
    seen = []
    figures = control(model, Plain(), [torch.zeros(3, 8, 8)] * 2, model, lambda *done: seen.append(done))
    assert figures["roll"] == pytest.approx({"slope": 0.8, "r": 1, "spill": 0.2, "mouth": 0}, abs=1e-5)
    assert figures["yaw"] == pytest.approx({"slope": 1, "r": 1, "spill": 0, "mouth": 0}, abs=1e-5)
    assert seen == [(1, 2), (2, 2)]


def test_a_face_that_is_lost_in_most_frames_counts_for_nothing() -> None:
    asked = np.linspace(-15, 15, 7)
    measured = np.full((7, 4), np.nan)
    measured[:3] = 1
    figures = Sweep("roll", asked, measured, torch.zeros(7, 3, 4, 4)).figures()
    assert np.isnan(figures["slope"])
    assert figures["found"] == pytest.approx(3 / 7)


class Blind(Knowing):
    """Finds no face."""

    def read(self, pictures: Tensor) -> np.ndarray:
        return np.full((len(pictures), 4), np.nan)


def test_no_faces_no_figures() -> None:
    model: Any = Knowing()
    blind: Any = Blind()
    assert control(model, Plain(), [], model) == {}
    assert control(model, Plain(), [torch.zeros(3, 8, 8)], blind) == {}


def test_faces_are_of_different_people(face_folder: Any) -> None:
    from x2face_core.data.folder import FaceFolder

    clips = FaceFolder(face_folder).of_split("train")
    assert len(clips) > len({clip.identity for clip in clips}) == 4
    faces = controls.faces_of(clips, 3)
    assert [tuple(face.shape) for face in faces] == [(3, 256, 256)] * 3

"""The packaged measuring network, on a portrait that the tests' dependency brings."""

from __future__ import annotations

import pytest
import torch
from skimage import data
from torch.nn import functional as F

from x2face_core.media.boxes import crop
from x2face_core.media.faces import find_box
from x2face_core.networks.measuring import MEASURES, MeasuringNetwork
from x2face_core.pixels import to_tensor
from x2face_core.sources.measuring import measure

Tensor = torch.Tensor


@pytest.fixture(scope="module")
def portrait() -> Tensor:
    """(1, 3, 256, 256)"""
    picture = data.astronaut()
    return to_tensor([crop(picture, find_box(picture, 1.6), 256)])


def tilted(picture: Tensor, degrees: float) -> Tensor:
    """Turned clockwise in the plane of the picture."""
    angle = torch.tensor(degrees).deg2rad()
    matrix = torch.stack([angle.cos(), angle.sin(), torch.zeros(()), -angle.sin(), angle.cos(), torch.zeros(())])
    grid = F.affine_grid(matrix.view(1, 2, 3), list(picture.shape), align_corners=False)
    return F.grid_sample(picture, grid, padding_mode="border", align_corners=False)


def named(row: Tensor) -> dict[str, float]:
    return dict(zip(MEASURES, row.tolist(), strict=True))


def test_a_smiling_portrait_is_measured(portrait: Tensor) -> None:
    found = named(measure(portrait)[0])
    assert abs(found["pitch"]) < 12 and abs(found["yaw"]) < 25
    assert 0.2 < found["eye_left"] < 0.5 and 0.2 < found["eye_right"] < 0.5
    assert found["mouth_open"] > 0.02 and found["mouth_width"] > 0.38


def test_a_picture_turned_in_its_plane_rolls_the_head(portrait: Tensor) -> None:
    pictures = torch.cat([tilted(portrait, angle) for angle in (-12.0, 0.0, 12.0)])
    rolls = measure(pictures)[:, 0]
    assert (rolls[2] - rolls[1]).item() == pytest.approx(12, abs=3)
    assert (rolls[0] - rolls[1]).item() == pytest.approx(-12, abs=3)


def test_a_mirrored_picture_turns_the_other_way(portrait: Tensor) -> None:
    plain, mirrored = (named(row) for row in measure(torch.cat([portrait, portrait.flip(-1)])))
    for name in ("roll", "yaw"):
        assert mirrored[name] == pytest.approx(-plain[name], abs=3)
    assert mirrored["eye_left"] == pytest.approx(plain["eye_right"], abs=0.05)
    assert mirrored["mouth_open"] == pytest.approx(plain["mouth_open"], abs=0.02)


def test_pictures_are_measured_one_by_one(portrait: Tensor) -> None:
    both = measure(torch.cat([portrait, portrait.flip(-1)]))
    torch.testing.assert_close(both[:1], measure(portrait), atol=1e-2, rtol=1e-3)
    assert measure(portrait[:0]).shape == (0, 9)


def test_folded_batch_norms_measure_the_same() -> None:
    torch.manual_seed(0)
    network = MeasuringNetwork()
    pictures = torch.rand(4, 3, 128, 128)
    network.train()(pictures)  # statistics that are not those of a new network
    network.eval()
    with torch.no_grad():
        before = network(pictures)
        torch.testing.assert_close(network.fold()(pictures), before, atol=1e-3, rtol=1e-3)

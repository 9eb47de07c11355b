"""Patches of eyes and mouth, of drawn pictures whose places are known."""

from __future__ import annotations

import pytest
import torch

from x2face_core.networks.details import EYE, HEIGHT, MOUTH, WIDTH, DetailNetwork, closer, patch_matrices

Tensor = torch.Tensor
SIDE = 128
UPRIGHT = torch.tensor(
    [[-0.5, -0.2], [-0.2, -0.2], [0.2, -0.2], [0.5, -0.2], [-0.2, 0.4], [0.2, 0.4], [0.0, 0.3], [0.0, 0.5]]
)


def turned(points: Tensor, degrees: float) -> Tensor:
    """Clockwise in the picture, about its middle."""
    angle = torch.tensor(degrees).deg2rad()
    matrix = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
    return points @ matrix.T


def spotted(point: Tensor) -> Tensor:
    """(1, 3, 128, 128): black with a soft white spot at a point in normalised coordinates."""
    at = (torch.arange(SIDE) + 0.5) * 2 / SIDE - 1
    squares = (at[None, :] - point[0]) ** 2 + (at[:, None] - point[1]) ** 2
    return torch.exp(-squares / 0.002).expand(1, 3, -1, -1)


def brightest(patch: Tensor) -> tuple[float, float]:
    """In normalised coordinates of the patch."""
    y, x = divmod(int(patch[0].argmax()), WIDTH)
    return (x + 0.5) * 2 / WIDTH - 1, (y + 0.5) * 2 / HEIGHT - 1


@pytest.mark.parametrize("degrees", [0.0, 25.0])
@pytest.mark.parametrize(("number", "place"), [(0, 0), (1, 2)])
def test_corners_of_the_eyes_lie_level_a_quarter_from_the_edge(number: int, place: int, degrees: float) -> None:
    places = turned(UPRIGHT, degrees)
    outer, inner = (closer(spotted(places[place + k]), places[None])[0, number] for k in (0, 1))
    assert brightest(outer) == pytest.approx((-1 / EYE, 0), abs=0.06)
    assert brightest(inner) == pytest.approx((1 / EYE, 0), abs=0.06)


def test_the_mouth_is_seen_in_the_scale_of_the_eyes() -> None:
    patch = closer(spotted(UPRIGHT[5]), UPRIGHT[None])[0, 2]  # 0.2 from the middle; the patch spans MOUTH of 1.0
    assert brightest(patch) == pytest.approx((0.2 / (MOUTH / 2), 0), abs=0.06)
    wider = UPRIGHT.clone()
    wider[4:6, 0] *= 1.5  # a smile
    torch.testing.assert_close(patch_matrices(wider[None])[0, 2], patch_matrices(UPRIGHT[None])[0, 2])


def test_numbers_of_the_mouth_do_not_depend_on_the_eyes() -> None:
    torch.manual_seed(0)
    network, patches, pose = DetailNetwork(6).eval(), torch.rand(2, 3, 3, HEIGHT, WIDTH), torch.zeros(2, 3)
    other = patches.clone()
    other[:, :2] = torch.rand(2, 2, 3, HEIGHT, WIDTH)
    with torch.no_grad():
        before, after = network(patches, pose), network(other, pose)
    assert before.shape == (2, 6)
    assert torch.equal(before[:, :2], after[:, :2]) and not (before[:, 2:] == after[:, 2:]).any()

"""Sampling where a flow points, against values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from x2face_core.pixels import to_bytes
from x2face_core.warping import blend, identity_grid, reduce, resize_by_products, resize_flow, warp, warp_to_bytes

Tensor = torch.Tensor


@pytest.fixture
def texture() -> Tensor:
    """(1, 3, 3, 5): in normalised coordinates a pixel is 0.5 wide and 1 high."""
    return torch.rand(1, 3, 3, 5, generator=torch.Generator().manual_seed(0))


def steady(x: float, y: float, height: int = 3, width: int = 5) -> Tensor:
    """The same flow everywhere."""
    return torch.tensor([x, y]).view(1, 2, 1, 1).expand(1, 2, height, width)


def test_the_grid_runs_from_centre_to_centre_of_the_corner_pixels() -> None:
    grid = identity_grid(2, 3)
    assert grid.tolist() == [[[-1, -1], [0, -1], [1, -1]], [[-1, 1], [0, 1], [1, 1]]]


@pytest.mark.parametrize("padding", ["zeros", "border"])
def test_a_flow_of_zero_changes_nothing(texture: Tensor, padding: str) -> None:
    torch.testing.assert_close(warp(texture, steady(0, 0), padding=padding), texture)


def test_a_flow_of_one_pixel_to_the_right_shows_the_right_neighbour_and_repeats_the_border(texture: Tensor) -> None:
    moved = warp(texture, steady(2 / (5 - 1), 0), padding="border")
    torch.testing.assert_close(moved[..., :4], texture[..., 1:])
    torch.testing.assert_close(moved[..., 4], texture[..., 4])


def test_a_flow_of_one_pixel_down_shows_the_lower_neighbour(texture: Tensor) -> None:
    moved = warp(texture, steady(0, 2 / (3 - 1)), padding="border")
    torch.testing.assert_close(moved[:, :, :2], texture[:, :, 1:])


def test_outside_is_black_with_zeros(texture: Tensor) -> None:
    moved = warp(texture, steady(2 / (5 - 1), 0), padding="zeros")
    torch.testing.assert_close(moved[..., :4], texture[..., 1:])
    assert (moved[..., 4] == 0).all()


def test_half_a_pixel_is_the_mean_of_two_neighbours(texture: Tensor) -> None:
    moved = warp(texture, steady(0.25, 0), padding="border")
    torch.testing.assert_close(moved[..., :4], (texture[..., :4] + texture[..., 1:]) / 2)


def test_a_small_flow_keeps_its_half_pictures_when_it_samples_a_larger_texture() -> None:
    texture = torch.rand(1, 3, 5, 9, generator=torch.Generator().manual_seed(1))
    moved = warp(texture, steady(0.5, 0.5, 2, 2))  # a quarter of the way across: two of eight steps, one of four
    torch.testing.assert_close(moved[..., :4, :7], texture[..., 1:, 2:])


def test_resizing_keeps_a_ramp_straight_from_corner_to_corner() -> None:
    ramp = torch.tensor([-0.5, 0.0, 0.5]).expand(1, 2, 3, 3)
    assert resize_flow(ramp, 3, 5)[0, 0, 1].tolist() == [-0.5, -0.25, 0.0, 0.25, 0.5]


@pytest.mark.parametrize(("height", "width"), [(9, 10), (2, 3), (4, 7)])
def test_matrix_products_resize_like_interpolation(height: int, width: int) -> None:
    flow = torch.rand(3, 2, 4, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(resize_by_products(flow, height, width), resize_flow(flow, height, width))


def test_a_flow_of_the_right_size_is_not_resized() -> None:
    flow = torch.rand(1, 2, 4, 6)
    assert resize_flow(flow, 4, 6) is flow


def test_one_texture_serves_many_flows(texture: Tensor) -> None:
    moved = warp(texture, torch.cat([steady(0, 0), steady(0.5, 0)]))
    assert moved.shape == (2, 3, 3, 5)
    torch.testing.assert_close(moved[0], texture[0])
    torch.testing.assert_close(moved[1, :, :, :4], texture[0, :, :, 1:])


def test_it_samples_as_the_released_code_did() -> None:
    random = torch.Generator().manual_seed(2)
    picture, flow = torch.rand(2, 3, 8, 8, generator=random), torch.randn(2, 2, 8, 8, generator=random).tanh()
    line = torch.linspace(-1, 1, 8)
    xs = torch.stack(torch.meshgrid(line, line, indexing="xy"), dim=2).expand(2, 8, 8, 2)
    released = F.grid_sample(picture, flow.permute(0, 2, 3, 1) + xs, align_corners=True)
    torch.testing.assert_close(warp(picture, flow, padding="zeros"), released)


def test_warping_is_done_in_full_precision(texture: Tensor) -> None:
    moved = warp(texture.bfloat16(), steady(0, 0).bfloat16())
    assert moved.dtype == torch.float32
    torch.testing.assert_close(moved, texture.bfloat16().float())


def test_a_picture_of_the_right_size_is_not_reduced() -> None:
    picture = torch.rand(1, 3, 8, 8)
    assert reduce(picture, 8) is picture


def test_reducing_averages_so_that_a_fine_chequer_becomes_grey() -> None:
    chequer = ((torch.arange(16)[:, None] + torch.arange(16)) % 2).float().expand(1, 3, 16, 16)
    assert reduce(chequer, 4)[..., 1:3, 1:3].sub(0.5).abs().max() < 0.01


def test_several_faces_blend_to_their_mean() -> None:
    faces = torch.stack([torch.full((3, 2, 2), value) for value in (0.0, 0.3, 0.9)])
    torch.testing.assert_close(blend(faces), torch.full((3, 2, 2), 0.4))


def test_confidence_weighs_as_its_exponential_and_a_tenth() -> None:
    faces = torch.stack([torch.zeros(3, 2, 2), torch.ones(3, 2, 2)])
    confidence = torch.tensor([0.0, math.log(2)]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
    torch.testing.assert_close(blend(faces, confidence), torch.full((3, 2, 2), 2.1 / (1.1 + 2.1)))


def test_a_tenth_remains_of_a_face_without_confidence() -> None:
    faces = torch.stack([torch.zeros(3, 2, 2), torch.ones(3, 2, 2)])
    confidence = torch.tensor([-1000.0, math.log(0.9)]).view(2, 1, 1, 1).expand(2, 1, 2, 2)
    torch.testing.assert_close(blend(faces, confidence), torch.full((3, 2, 2), 1 / 1.1))


def test_confidence_weighs_each_place_by_itself_at_any_size() -> None:
    faces = torch.stack([torch.zeros(3, 5, 5), torch.ones(3, 5, 5)])
    sure_on_the_right = torch.tensor([[-50.0, 50.0], [-50.0, 50.0]])
    confidence = torch.stack([-sure_on_the_right, sure_on_the_right])[:, None]
    across = blend(faces, confidence)[0, 2]
    assert across[0] < 1e-6
    assert across[2] == pytest.approx(0.5)
    assert across[4] > 1 - 1e-6


def test_equal_confidence_is_the_mean() -> None:
    faces = torch.rand(3, 3, 4, 4)
    torch.testing.assert_close(blend(faces, torch.full((3, 1, 2, 2), 0.7)), blend(faces))


@pytest.mark.parametrize("padding", ["zeros", "border"])
def test_bytes_are_what_the_warped_texture_rounds_to_beyond_its_range_too(padding: str) -> None:
    random = torch.Generator().manual_seed(3)
    texture, flow = torch.rand(1, 3, 9, 7, generator=random) * 1.4 - 0.2, torch.randn(4, 2, 3, 3, generator=random)
    found = warp_to_bytes(texture, flow, padding=padding)
    assert found.shape == (4, 9, 7, 3)
    assert found.dtype == torch.uint8
    assert torch.equal(found, to_bytes(warp(texture, flow, padding=padding)).permute(0, 2, 3, 1))


def test_each_picture_is_sampled_from_its_own_texture(texture: Tensor) -> None:
    textures = torch.cat([texture, 1 - texture])
    found = warp_to_bytes(textures, steady(0, 0).expand(2, -1, -1, -1))
    assert torch.equal(found, to_bytes(textures).permute(0, 2, 3, 1))

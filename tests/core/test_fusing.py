"""Fusion of several pictures into one embedded face."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from x2face_core.networks.colour_matching import match_colours
from x2face_core.networks.consistency import make_consistent
from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.networks.fusing import fuse
from x2face_core.networks.registration import displacements
from x2face_core.networks.sampling import gaussian_blur, gaussian_bump, sample_at, texel_coordinates
from x2face_core.networks.texel_selection import SIDE, find_reference, selection_weights
from x2face_core.weights import find_weights, read_info

STILL = torch.zeros(1, 2, 64, 64)


def portrait(seed: int = 0, side: int = 128) -> Tensor:
    """(1, 3, side, side): smooth speckles with one dark vertical bar, six pixels wide, in the middle."""
    speckles = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed))
    picture = 0.6 + 1.5 * (gaussian_blur(speckles, 3.0) - 0.5)
    picture[..., side // 2 - 3 : side // 2 + 3] = 0.1
    return gaussian_blur(picture.clamp(0, 1), 0.8)


def shifted(picture: Tensor, pixels: int) -> Tensor:
    return F.pad(picture, (8, 8, 0, 0), mode="replicate")[..., 8 - pixels : 8 - pixels + picture.shape[-1]]


def fused(*pictures: Tensor, flow: Tensor | None = None, favour: Tensor | None = None) -> Tensor:
    """Pictures fused with zero driving flows; flow: (n, 2, 64, 64) embedding flows, zero by default."""
    still = STILL.expand(len(pictures), -1, -1, -1)
    flow = still if flow is None else flow
    return fuse(torch.cat(pictures), flow, still, padding="border", favour=favour).texture


def sharpness(picture: Tensor) -> float:
    middle = picture[..., 24:-24, 24:-24]
    return float((middle[..., 1:] - middle[..., :-1]).square().mean().sqrt())


def test_two_shifted_copies_are_as_sharp_as_one_and_do_not_double() -> None:
    one = portrait()
    found = fused(one, shifted(one, 6))
    mean = (one + shifted(one, 6))[0] / 2
    assert sharpness(mean) < 0.75 * sharpness(one[0])
    assert sharpness(found) > 0.95 * sharpness(one[0])
    row = found.mean(0)[40:88].median(0).values
    assert int((row < 0.3).sum()) in range(4, 9)  # one bar, six pixels wide, not two, nor none


def test_the_fused_shape_of_two_is_their_mean() -> None:
    one = portrait()
    found = fused(one, shifted(one, 6))
    middle = (..., slice(32, -32), slice(32, -32))
    errors = [float((found - shifted(one, k)[0])[middle].abs().mean()) for k in range(7)]
    assert errors.index(min(errors)) in (2, 3, 4)
    assert min(errors) < 0.02


def test_a_region_hidden_in_the_reference_is_taken_from_the_other() -> None:
    """The lips of the first are closed: its flow stretches one point over the mouth, which the second shows dark."""
    shut, coordinates = portrait(), texel_coordinates(STILL)
    centre = torch.tensor([0.0, 0.35]).view(1, 2, 1, 1)
    away = (coordinates - centre).square().sum(1, keepdim=True).sqrt()
    closed = -(coordinates - centre) * torch.sigmoid((0.16 - away) / 0.02)
    opened = shut.clone()
    pixels = F.interpolate(away, size=(128, 128), mode="bilinear", align_corners=True)
    opened = torch.where(pixels < 0.16, torch.tensor(0.0), opened)
    flow = torch.cat([closed, STILL])
    found = fused(shut, opened, flow=flow, favour=torch.tensor([1.0, 0.0]))
    inside, outside = (pixels < 0.08)[0].expand(3, -1, -1), (pixels > 0.4)[0].expand(3, -1, -1)
    assert float(found[inside].max()) < 0.15
    torch.testing.assert_close(found[outside], shut[0][outside], atol=0.1, rtol=0)


def test_where_two_pictures_disagree_only_the_reference_is_used() -> None:
    """A bright square that only the second has: neither half of it, nor its edge, comes into the face."""
    one, other = portrait(), portrait()
    other[..., 50:66, 30:46] = 1.0
    found = fused(one, other, favour=torch.tensor([1.0, 0.0]))
    error = (found - one[0])[:, 46:70, 26:50].abs()
    assert float(error.mean()) < 0.03 and float(error.max()) < 0.2  # the square is brighter by 0.4


def test_what_two_of_three_show_is_selected() -> None:
    """Away from the face, where the cost of leaving the reference is least."""
    one, other = portrait(), portrait()
    other[..., 8:24, 8:24] = 1.0
    found = fused(other, one, one.clone(), favour=torch.tensor([1.0, 0.0, 0.0]))
    torch.testing.assert_close(found[:, 12:20, 12:20], one[0, :, 12:20, 12:20], atol=0.1, rtol=0)


def test_tones_are_those_in_common_and_detail_is_as_sharp_as_in_one() -> None:
    """Each of three pictures is brighter in another place, by less than what selects another picture there."""
    one = portrait()
    places = [(-0.3, 0.1), (0.3, 0.1), (0.0, -0.3)]
    pictures = [one + 0.04 * gaussian_bump(one, place, 0.12) for place in places]
    found = fused(*pictures)
    middle = (..., slice(24, -24), slice(24, -24))
    errors = [float((picture - one)[middle].abs().mean()) for picture in (found[None], *pictures)]
    assert errors[0] < 0.5 * min(errors[1:])
    assert sharpness(found) > 0.97 * sharpness(one[0])


@pytest.mark.parametrize("count", [2, 3])
def test_a_contour_in_another_place_in_each_picture_leaves_no_ghost(count: int) -> None:
    """Each pixel is near one of the pictures, none between them."""
    pictures = []
    for k in range(count):
        picture = torch.full((1, 3, 128, 128), 0.4)
        picture[..., 40:90, 30 + 16 * k : 62 + 16 * k] = 0.8
        pictures.append(picture)
    found = fused(*pictures, favour=torch.tensor([1.0] + [0.0] * (count - 1)))
    away = torch.cat([found - picture for picture in pictures]).view(count, 3, 128, 128).abs().amin(0)
    assert float((away > 0.1).float().mean()) < 0.02  # 0.4 is the contrast


def test_the_order_of_sources_does_not_matter() -> None:
    pictures = [shifted(portrait(), k) for k in (0, 2, 5)]
    torch.testing.assert_close(fused(*pictures), fused(*reversed(pictures)), atol=1e-3, rtol=0)


@pytest.mark.parametrize("pixels", [-5, 0, 3])
def test_a_displacement_is_found_to_a_part_of_a_pixel(pixels: int) -> None:
    one = portrait()
    found = displacements(one, shifted(one, pixels))
    inside = found[0, :, 24:-24, 24:-24] * 127 / 2
    torch.testing.assert_close(inside[0].median(), torch.tensor(float(pixels)), atol=0.25, rtol=0)
    assert float(inside[1].abs().median()) < 0.1


def test_colours_are_matched_to_the_first_picture() -> None:
    one = portrait()
    darker = one * torch.tensor([0.7, 0.8, 0.9]).view(1, 3, 1, 1) + 0.05
    faces = torch.cat([one, darker])
    gain, offset = match_colours(faces, torch.ones(2, 1, 128, 128))
    assert torch.equal(gain[0], torch.ones(3, 1, 1)) and not offset[0].any()
    torch.testing.assert_close((gain * faces + offset)[1], one[0], atol=0.06, rtol=0)


def test_consistent_flows_invert_the_driving_flow_except_at_the_mouth() -> None:
    """The driving flow is constant, 0.1 in x; its inverse is -0.1."""
    driving = torch.zeros(1, 2, 64, 64)
    driving[:, 0] = 0.1
    found = make_consistent(STILL, driving)
    left = (found + sample_at(driving, texel_coordinates(found) + found))[0, 0]
    assert float(left[:16].abs().max()) < 0.02
    assert float(left[43, 32]) > 0.09


def test_the_reference_is_sharp_has_few_hidden_texels_and_may_be_favoured() -> None:
    one, area = portrait(), torch.zeros(3, 1, SIDE, SIDE)
    faces = torch.cat([gaussian_blur(one, 3.0), one, one])
    assert find_reference(faces, area) == 1
    area[1, :, 40:, :] = -2.0
    assert find_reference(faces, area) == 2
    assert find_reference(faces, area, torch.tensor([1.0, 0.0, 0.0])) == 0


def test_selection_weights_sum_to_one() -> None:
    faces, area = torch.rand(3, 3, 128, 128), torch.randn(3, 1, SIDE, SIDE).clamp(max=0.5)
    torch.testing.assert_close(selection_weights(faces, area).sum(0), torch.ones(1, SIDE, SIDE))


def test_outside_the_face_what_most_show_is_selected_and_inside_the_reference() -> None:
    faces = torch.full((3, 3, SIDE, SIDE), 0.5)
    faces[0] += 0.015
    weights = selection_weights(faces, torch.zeros(3, 1, SIDE, SIDE))[0, 0]
    assert float(weights[:8].max()) < 0.01
    assert float(weights[35, 32]) > 0.99


def test_two_that_disagree_are_not_blended() -> None:
    faces = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    assert float(selection_weights(faces, torch.zeros(2, 1, SIDE, SIDE))[0].min()) > 0.99


def test_weights_align_unless_they_are_the_published_ones() -> None:
    assert PRESETS["light"].fusion == "aligned" and PRESETS["paper"].fusion == "mean"
    released, ours = Dims(fusion="mean").to_dict(), PRESETS["light"].to_dict()
    assert Dims.from_dict(released).fusion == "mean"
    assert Dims.from_dict({name: value for name, value in ours.items() if name != "fusion"}).fusion == "aligned"
    assert Dims.from_dict(ours | {"fusion": "mean"}).fusion == "aligned"  # written before there was aligned


@pytest.mark.parametrize("weights", ["light-1", "light-2"])
@pytest.mark.weights
def test_the_packaged_weights_align(weights: str) -> None:
    assert Dims.from_dict(read_info(find_weights(weights)).dims).fusion == "aligned"

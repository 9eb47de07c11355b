"""What the recipes teach."""

from __future__ import annotations

from dataclasses import fields, replace

import torch

from tests.core.training.drawn import CPU, GUIDED, PLAIN, Tensor, at, drawn, rows
from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import MIRROR_WITH_IRISES
from x2face_core.training.drawing import Sampler, draw_pairs, generator
from x2face_core.warping import warp


def test_a_batch_is_of_the_shapes_it_says(bank: Bank, layout: Tensor) -> None:
    batch = drawn(bank, layout, replace(GUIDED, spline_side=24))
    given = {f.name: value for f in fields(batch) if (value := getattr(batch, f.name)) is not None}
    shapes = {name: tuple(value.shape) for name, value in given.items()}
    assert shapes == shapes | {
        "source": (8, 3, 32, 32),
        "target": (8, 3, 32, 32),
        "views": (16, 3, 32, 32),
        "embedding_flow": (8, 2, 24, 24),
        "driving_flow": (8, 2, 24, 24),
        "across_flow": (8, 2, 24, 24),
        "optical_flow": (8, 2, 24, 24),
        "optical_trust": (8, 1, 24, 24),
        "seen": (8, 1, 32, 32),
        "focus": (8, 1, 32, 32),
        "focus_across": (8, 1, 32, 32),
        "landmarks": (8, 73, 2),
        "measures": (8, 7),
        "partner": (8,),
    }
    assert all(torch.isfinite(value.float()).all() for value in given.values())
    assert batch.blend is None  # the drawn faces have no blendshape scores


def test_without_augmentation_targets_are_the_banks_frames(bank: Bank, layout: Tensor) -> None:
    batch, (target, mirrored) = drawn(bank, layout), rows(bank)
    assert 0 < mirrored.sum() < 8
    pictures = bank.floats(target)
    expected = torch.where(mirrored[:, None, None, None], pictures.flip(-1), pictures)
    torch.testing.assert_close(batch.target, expected, atol=2e-4, rtol=0)
    torch.testing.assert_close(batch.views, torch.cat([batch.target, batch.source]), atol=2e-4, rtol=0)


def test_mirrored_targets_have_mirrored_landmarks_and_swapped_eyes(bank: Bank, layout: Tensor) -> None:
    batch, (target, mirrored) = drawn(bank, layout), rows(bank)
    assert bank.landmarks is not None and bank.expression is not None
    k = int(mirrored.nonzero()[0])
    points = bank.landmarks[target[k]][torch.as_tensor(MIRROR_WITH_IRISES)][:, :2] * torch.tensor([-1.0, 1.0])
    torch.testing.assert_close(batch.landmarks[k], points)
    torch.testing.assert_close(batch.measures[k, :4], bank.expression[target[k]][[0, 1, 3, 2]])


def test_measured_poses_are_those_of_the_labels(bank: Bank, layout: Tensor) -> None:
    batch, (target, mirrored) = drawn(bank, layout), rows(bank)
    assert bank.pose is not None
    signs = torch.where(mirrored[:, None], torch.tensor([-1.0, 1.0, -1.0]), torch.ones(3))
    found = (batch.measures[:, 4:] * 0.15).rad2deg()
    expected = bank.pose[target] * signs
    off = found - expected
    torch.testing.assert_close(off, off.mean(0).expand(8, 3), atol=1.0, rtol=0)  # up to the layout's own pitch


def test_the_taught_flows_lead_from_the_target_over_the_layout_to_the_source(bank: Bank, layout: Tensor) -> None:
    assert bank.landmarks is not None
    batch = drawn(bank, layout)
    pairs = draw_pairs(bank, PLAIN, 8, Sampler(generator(0, 0, 0, CPU)))
    source = bank.landmarks[pairs.source, :, :2]
    flat = layout[:, :2].expand(8, -1, -1)
    straight = ~pairs.mirrored
    reached = batch.landmarks + at(batch.driving_flow, batch.landmarks)
    torch.testing.assert_close(reached[:, :48], flat[:, :48], atol=0.03, rtol=0)  # lips that touch cannot be parted
    laid = flat + at(batch.embedding_flow, flat)
    torch.testing.assert_close(laid[straight], source[straight], atol=0.03, rtol=0)
    assert (flat[straight] - source[straight]).abs().max() > 0.08


def test_turned_pictures_keep_to_their_landmarks(bank: Bank, layout: Tensor) -> None:
    """The lips of turned pictures are where their landmarks say: red of the lips, black of the open mouth."""
    batch = drawn(bank, layout, replace(PLAIN, turned=1.0), count=24)
    straight = drawn(bank, layout, PLAIN, count=24)
    assert (batch.landmarks - straight.landmarks).abs().amax((1, 2)).min() > 0.02
    mouths = batch.landmarks[:, 48:60].mean(1)
    at_mouth = warp(batch.target, (mouths[:, :, None, None]).expand(-1, -1, 33, 33))[..., 16, 16]
    elsewhere = batch.landmarks[:, 28]
    at_nose = warp(batch.target, (elsewhere[:, :, None, None]).expand(-1, -1, 33, 33))[..., 16, 16]
    assert (at_mouth[:, 1] < at_nose[:, 1]).float().mean() > 0.9  # the skin has more green in it


def test_colours_change_in_the_views_alone_where_that_is_asked(bank: Bank, layout: Tensor) -> None:
    batch = drawn(bank, layout, replace(PLAIN, view_gamma=0.3, view_gain=0.2))
    plain = drawn(bank, layout)
    assert torch.equal(batch.source, plain.source)
    assert torch.equal(batch.target, plain.target)
    assert (batch.views - plain.views).abs().mean() > 0.02


def test_source_and_target_share_their_colours(bank: Bank, layout: Tensor) -> None:
    plain, batch = (drawn(bank, layout, recipe) for recipe in (PLAIN, replace(PLAIN, gain=0.2)))
    gains = [
        (getattr(batch, name) / getattr(plain, name).clamp_min(1e-3)).flatten(2).median(2).values
        for name in ("source", "target")
    ]
    torch.testing.assert_close(gains[0], gains[1], atol=0.03, rtol=0)
    assert (gains[0] - 1).abs().max() > 0.05


def test_across_people_the_partners_motion_is_given_to_the_source(bank: Bank, layout: Tensor) -> None:
    batch = drawn(bank, layout)
    assert batch.partner.tolist() == [7, 0, 1, 2, 3, 4, 5, 6]
    assert (batch.across_flow - batch.driving_flow).abs().mean() > 1e-3


def test_views_are_of_the_targets_first_and_then_of_the_sources(bank: Bank, layout: Tensor) -> None:
    batch = drawn(bank, layout, GUIDED)
    target, source = batch.views.chunk(2)
    for views, pictures in ((target, batch.target), (source, batch.source)):
        apart = (rank(views)[:, None] - rank(pictures)[None]).abs().mean((2, 3))
        assert (apart.diagonal() <= apart.amin(1) + 1e-6).all()  # a picture may be drawn twice


def rank(pictures: Tensor) -> Tensor:
    """Which of a channel's pixels is darker than which, whatever the colours: (n, 3, h * w)."""
    return pictures.flatten(2).argsort(dim=-1, stable=True).argsort(dim=-1).float()


def test_one_of_the_two_pictures_that_a_photograph_gives_is_turned(bank: Bank, layout: Tensor) -> None:
    alone = replace(bank, first=torch.arange(len(bank)), count=torch.ones(len(bank), dtype=torch.int64))
    batch = drawn(alone, layout, PLAIN, count=16)
    moved = (batch.source_points - batch.landmarks).abs().amax((1, 2))
    assert (moved > 1e-3).all()
    assert batch.optical_trust is not None and (batch.optical_trust == 0).all()
    assert float(batch.seen.amin()) < 0.1  # the ground of turned pictures, bent with the head, teaches nothing

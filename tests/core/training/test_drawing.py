"""Which pictures a step sees."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from x2face_core.data.bank import Bank
from x2face_core.training.drawing import Pairs, Sampler, draw_pairs, generator, jitter, mirror, random_turns, recolour
from x2face_core.training.recipes import GuidedRecipe, Recipe

CPU = torch.device("cpu")


def drawn(bank: Bank, count: int = 400, step: int = 0, **changed: int) -> Pairs:
    recipe = Recipe("photometric", **changed)
    return draw_pairs(bank, recipe, count, Sampler(generator(recipe.seed, step, 0, CPU)))


def test_the_same_seed_step_and_part_draw_the_same() -> None:
    first, again = (torch.rand(8, generator=generator(1, 2, 3, CPU)) for _ in range(2))
    assert torch.equal(first, again)


def test_another_seed_step_or_part_draws_something_else() -> None:
    numbers = [generator(*given, CPU).initial_seed() for given in ((1, 2, 3), (2, 2, 3), (1, 3, 3), (1, 2, 4))]
    draws = {tuple(torch.rand(4, generator=generator(*given, CPU)).tolist()) for given in ((1, 2, 3), (1, 3, 3))}
    assert len(set(numbers)) == 4
    assert len(draws) == 2


def test_parts_of_one_step_are_not_the_next_steps() -> None:
    seeds = {generator(0, step, part, CPU).initial_seed() for step in range(50) for part in range(1000)}
    assert len(seeds) == 50 * 1000


def test_pairs_are_two_different_frames_of_one_clip(bank: Bank) -> None:
    pairs = drawn(bank)
    assert torch.equal(bank.clip[pairs.source], bank.clip[pairs.target])
    assert (pairs.source != pairs.target).all()


def test_pairs_of_a_clip_of_two_frames_are_these_two() -> None:
    bank = Bank(
        pictures=torch.zeros(4, 2, 2, 3, dtype=torch.uint8),
        clip=torch.tensor([0, 0, 1, 1]),
        frame=torch.tensor([0, 5, 0, 5]),
        first=torch.tensor([0, 0, 2, 2]),
        count=torch.tensor([2, 2, 2, 2]),
        weight=torch.full((4,), 0.25, dtype=torch.float64),
    )
    pairs = drawn(bank, 50)
    assert torch.equal(pairs.source, pairs.target ^ 1)


def test_sources_are_drawn_evenly_among_the_other_frames(bank: Bank) -> None:
    pairs = drawn(bank, 6000)
    ahead = (pairs.source - pairs.target) % 6
    shares = torch.bincount(ahead, minlength=6) / 6000
    torch.testing.assert_close(shares, torch.tensor([0, 0.2, 0.2, 0.2, 0.2, 0.2]), atol=0.03, rtol=0)


def test_targets_are_drawn_by_their_weights(bank: Bank) -> None:
    pairs = drawn(bank, 20000)
    shares = torch.bincount(pairs.target, minlength=len(bank)).double() / 20000
    torch.testing.assert_close(shares, bank.weight, atol=0.006, rtol=0)


def test_what_weighs_nothing_is_never_drawn(bank: Bank) -> None:
    weight = torch.zeros(len(bank), dtype=torch.float64)
    weight[[3, 40]] = 0.5
    assert set(drawn(replace(bank, weight=weight)).target.tolist()) == {3, 40}


def test_half_of_the_pairs_are_mirrored(bank: Bank) -> None:
    assert float(drawn(bank, 2000).mirrored.float().mean()) == pytest.approx(0.5, abs=0.05)


def test_of_several_candidates_the_one_furthest_in_pose_is_the_source(bank: Bank) -> None:
    assert bank.pose is not None

    def distance(far: int) -> float:
        pairs = drawn(bank, 2000, far=far)
        assert bank.pose is not None
        assert (pairs.source != pairs.target).all()
        return float((bank.pose[pairs.source] - bank.pose[pairs.target]).abs().sum(1).mean())

    near, further, furthest = distance(1), distance(2), distance(40)
    possible = (bank.pose[:6, None] - bank.pose[None, :6]).abs().sum(2).amax(1)
    assert near < further < furthest
    first = drawn(bank, 2000, far=40)
    of_first_clip = bank.clip[first.target] == 0
    reached = (bank.pose[first.source] - bank.pose[first.target]).abs().sum(1)[of_first_clip]
    torch.testing.assert_close(reached, possible[first.target[of_first_clip]])


def test_without_poses_candidates_are_not_compared(bank: Bank) -> None:
    bare = replace(bank, pose=None)
    assert torch.equal(drawn(bare, far=5).source, drawn(bare, far=1).source)


def test_mirroring_turns_only_the_pictures_asked_for() -> None:
    pictures = torch.arange(12.0).view(2, 1, 2, 3)
    turned = mirror(pictures, torch.tensor([True, False]))
    assert turned[0, 0].tolist() == [[2, 1, 0], [5, 4, 3]]
    assert torch.equal(turned[1], pictures[1])


def test_colours_are_raised_and_multiplied_and_kept_in_range() -> None:
    pictures = torch.full((2, 3, 1, 1), 0.5)
    found = recolour(pictures, torch.tensor([[2.0], [1.0]]), torch.tensor([[1.0, 2.0, 0.5], [1.0, 1.5, 3.0]]))
    torch.testing.assert_close(found[..., 0, 0], torch.tensor([[0.25, 0.5, 0.125], [0.5, 0.75, 1.0]]))


def test_no_jitter_is_no_change() -> None:
    pictures = torch.rand(3, 3, 4, 4).clamp_min(1e-3)
    torch.testing.assert_close(jitter(pictures, 0.0, 0.0, Sampler(generator(0, 0, 0, CPU))), pictures)


def test_jitter_gives_each_picture_its_own_colours() -> None:
    greys = torch.full((2, 3, 2, 2), 0.5)
    found = jitter(greys, 0.3, 0.2, Sampler(generator(0, 0, 0, CPU)))
    assert len(set(found[..., 0, 0].flatten().tolist())) == 6
    assert (found == found[..., :1, :1]).all()


def test_turns_keep_to_the_recipes_reach() -> None:
    recipe = GuidedRecipe("guided", roll=10, pitch=20, yaw=30, growth=0.1, shift=0.05)
    turns, scales, shifts = random_turns(recipe, 5000, Sampler(generator(0, 0, 0, CPU)))
    reach = turns.rad2deg().abs().amax(0)
    torch.testing.assert_close(reach, torch.tensor([10.0, 20.0, 30.0]), rtol=0.01, atol=0)
    assert turns.mean(0).abs().max() < 0.02
    assert (float(scales.min()), float(scales.max())) == pytest.approx((0.9, 1.1), abs=0.001)
    assert float(shifts.abs().max()) == pytest.approx(0.05, abs=0.001)

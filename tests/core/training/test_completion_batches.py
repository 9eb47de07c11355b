"""Pairs for the completion network: what they differ in, and that they are embedded as sources are for use."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.errors import UsageError
from x2face_core.geometry.landmarks import LIDS
from x2face_core.networks.completion import log_area
from x2face_core.networks.consistency import make_consistent
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.completion_batches import CompletionBatches, CompletionPairs
from x2face_core.training.drawing import Sampler, generator
from x2face_core.training.recipes import RECIPES, CompletionRecipe
from x2face_core.warping import resize_flow

CPU = torch.device("cpu")
RECIPE = RECIPES["completion"]
assert isinstance(RECIPE, CompletionRecipe)
PLAIN = replace(RECIPE, turned=0.0, shut=0.0)


@pytest.fixture
def networks(dims: Dims) -> X2FaceNetworks:
    torch.manual_seed(0)
    return X2FaceNetworks(replace(dims, completion=4))


@pytest.fixture
def mixed(bank: Bank) -> Bank:
    """The bank with its last clip's frames as photographs, which have a fifth of the weight."""
    films, alone = len(bank) - int(bank.count[-1]), int(bank.count[-1])
    weight = torch.cat([bank.weight[:films] / bank.weight[:films].sum() * 0.8, torch.full((alone,), 0.2 / alone)])
    first = torch.cat([bank.first[:films], films + torch.arange(alone)])
    return replace(bank, first=first, count=torch.cat([bank.count[:films], torch.ones(alone).long()]), weight=weight)


def measured(bank: Bank, kind: str) -> Tensor:
    """(n,) how far lips or lids are open, or how frontal the head is."""
    assert bank.expression is not None and bank.pose is not None
    return {
        "lips": bank.expression[:, 0],
        "lids": bank.expression[:, 2:4].mean(1),
        "pose": -bank.pose[:, 1:].norm(dim=1),
    }[kind]


@pytest.mark.parametrize(("kind", "lids", "pose"), [("lips", 0.0, 0.0), ("lids", 1.0, 0.0), ("pose", 0.0, 1.0)])
def test_the_target_of_a_pair_has_more_of_what_it_is_chosen_by(kind: str, lids: float, pose: float, bank: Bank) -> None:
    pairs = CompletionPairs.of(bank, replace(RECIPE, lid_pairs=lids, pose_pairs=pose))
    drawn = pairs.weight > 0
    change = measured(bank, kind)[pairs.target] - measured(bank, kind)[pairs.source]
    assert drawn.any() and bool((change[drawn] > 0).all())
    assert bool((bank.first[pairs.source] == bank.first[pairs.target]).all())
    for first in bank.first.unique().tolist():  # the least of each clip is among the sources
        clip = measured(bank, kind)[first : first + int(bank.count[first])]
        assert first + int(clip.argmin()) in pairs.source[drawn].tolist()


def test_each_kind_of_pair_has_its_share(mixed: Bank) -> None:
    pairs = CompletionPairs.of(mixed, replace(RECIPE, lid_pairs=0.3, pose_pairs=0.15))
    assert float(pairs.weight.sum()) == pytest.approx(1.0)
    count = int((mixed.count == 1).sum())
    films, alone = pairs.weight[:-count], pairs.weight[-count:]
    shares = [float(part.sum()) for part in films.chunk(3)]
    assert shares == pytest.approx([0.8 * 0.55, 0.8 * 0.3, 0.8 * 0.15])
    assert float(alone.sum()) == pytest.approx(0.2)
    rows = (mixed.count == 1).nonzero()[:, 0].tolist()
    assert pairs.source[-count:].tolist() == pairs.target[-count:].tolist() == rows


def test_shares_that_are_more_than_all_pairs_are_refused() -> None:
    with pytest.raises(UsageError, match=r"lid_pairs 0\.7 and pose_pairs 0\.5 .* may be 1 at most"):
        replace(RECIPE, lid_pairs=0.7, pose_pairs=0.5)


def test_pictures_are_embedded_as_a_single_source_is(networks: X2FaceNetworks, bank: Bank, layout: Tensor) -> None:
    """By the networks as they are at the first draw, their flows made consistent."""
    drawing = CompletionBatches(bank, layout, PLAIN, networks)
    torch.nn.init.normal_(networks.embedding.decoder.blocks[-1].conv.weight, 0, 0.05)  # after the batches are made
    batch = drawing.draw(generator(0, 0, 0, CPU), 8)
    draw = Sampler(generator(0, 0, 0, CPU))
    source, target = drawing.pairs.draw(8, draw)
    flipped = draw.uniform(8) < 0.5
    for rows, areas in ((source, batch.source_area), (target, batch.target_area)):
        pictures = bank.floats(rows)
        with torch.no_grad():
            networks.eval()
            flow = make_consistent(networks.embedding(pictures)[0], networks.driving(pictures))
        expected = resize_flow(log_area(flow), 32, 32)
        expected[flipped] = expected[flipped].flip(-1)
        torch.testing.assert_close(areas, expected, atol=2e-3, rtol=1e-3)
        assert float(expected.std()) > 0.01
    assert batch.source.shape == batch.target.shape == (8, 3, 32, 32)


def test_photographs_are_turned_and_some_have_their_eyes_closed(
    networks: X2FaceNetworks, mixed: Bank, layout: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what a picture is warped to: the lids of every photograph are nearer together if all are to be shut."""
    moved: list[tuple[Tensor, Tensor]] = []
    drawing = CompletionBatches(mixed, layout, replace(PLAIN, shut=1.0), networks)
    monkeypatch.setattr(
        drawing.turner, "picture", lambda pictures, points, turned: (moved.append((points, turned)), pictures)[1]
    )
    rows = torch.tensor([0, 1, len(mixed) - 2, len(mixed) - 1])  # two frames of a film, two photographs
    drawing._sources(rows, Sampler(generator(0, 0, 0, CPU)))
    ((before, after),) = moved
    assert len(before) == 2
    upper, lower = (torch.tensor([pair[k] for pair in LIDS]) for k in (0, 1))
    gaps = [(points[:, upper, :2] - points[:, lower, :2]).norm(dim=-1).mean(1) for points in (before, after)]
    assert bool((gaps[1] < 0.3 * gaps[0]).all())
    torch.testing.assert_close(after[:, 71, :2], after[:, [37, 38, 40, 41], :2].mean(1))
    assert bool(((after[:, 30] - before[:, 30]).norm(dim=1) > 1e-3).all())  # the head is turned too


def test_nothing_is_warped_where_nothing_is_to_change(networks: X2FaceNetworks, bank: Bank, layout: Tensor) -> None:
    rows = torch.arange(4)
    pictures = CompletionBatches(bank, layout, PLAIN, networks)._sources(rows, Sampler(generator(0, 0, 0, CPU)))
    torch.testing.assert_close(pictures, bank.floats(rows))

"""What the recipes teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import pytest
import torch
from torch.nn import functional as F

from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import INNER_LIPS, IRIS_CORNERS, LIDS, MIRROR_WITH_IRISES
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import Draw, draw_pairs, generator
from x2face_core.training.engine import Trainer
from x2face_core.training.guided import GuidedObjective
from x2face_core.training.guided_batches import GuidedBatch, GuidedBatches
from x2face_core.training.photometric import PhotometricBatches, PhotometricObjective
from x2face_core.training.recipes import RECIPES, GuidedRecipe
from x2face_core.warping import resize_flow, warp

Tensor = torch.Tensor
GUIDED = RECIPES["guided"]
assert isinstance(GUIDED, GuidedRecipe)
PLAIN = replace(GUIDED, turned=0.0, gamma=0.0, gain=0.0, view_gamma=0.0, view_gain=0.0, spline_side=32)
CPU = torch.device("cpu")


def drawn(bank: Bank, layout: Tensor, recipe: GuidedRecipe = PLAIN, count: int = 8) -> GuidedBatch:
    return GuidedBatches(bank, layout, recipe).draw(generator(0, 0, 0, CPU), count)


def rows(bank: Bank, count: int = 8) -> tuple[Tensor, Tensor]:
    """Targets and mirrored, as `drawn` draws them."""
    pairs = draw_pairs(bank, PLAIN, count, Draw(generator(0, 0, 0, CPU)))
    return pairs.target, pairs.mirrored


def at(flow: Tensor, points: Tensor) -> Tensor:
    """Flows (n, 2, h, w) at points (n, k, 2) in half-pictures: (n, k, 2)."""
    return F.grid_sample(flow, points[:, None], align_corners=True)[:, :, 0].transpose(1, 2)


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
    pairs = draw_pairs(bank, PLAIN, 8, Draw(generator(0, 0, 0, CPU)))
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


@pytest.fixture
def objective(layout: Tensor, dims: Dims) -> GuidedObjective:
    torch.manual_seed(0)
    return GuidedObjective(X2FaceNetworks(dims), layout, PLAIN)


def test_at_first_every_pixel_stays(objective: GuidedObjective, bank: Bank, layout: Tensor) -> None:
    pictures = drawn(bank, layout).source
    torch.manual_seed(0)
    untouched = X2FaceNetworks(objective.networks.dims)
    for networks, low, high in ((objective.networks, 0, 0.02), (untouched, 0.1, 1)):
        for flow in (networks.embedding(pictures)[0], networks.driving(pictures)):
            assert low < float(flow.detach().abs().mean()) < high


def test_the_flow_losses_are_distances_to_the_splines(
    objective: GuidedObjective, bank: Bank, layout: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = drawn(bank, layout)
    networks = objective.networks
    side = networks.dims.flow_side
    taught = resize_flow(batch.embedding_flow, side, side)
    monkeypatch.setattr(networks.embedding, "forward", lambda pictures: (taught, taught[:, :1]))
    both = torch.cat([resize_flow(batch.driving_flow, side, side), resize_flow(batch.across_flow, side, side) + 0.5])
    monkeypatch.setattr(networks.driving, "decode", lambda vectors: both)
    losses = objective(batch, 0.0)
    assert float(losses["embedding_flow"]) == pytest.approx(0, abs=1e-6)
    assert float(losses["driving_flow"]) == pytest.approx(0, abs=1e-6)
    focus = resize_flow(batch.focus_across, side, side)
    assert float(losses["across_flow"]) == pytest.approx(0.5 * float(focus.mean()), rel=1e-4)
    assert float(losses["stretch"]) == pytest.approx(0, abs=1e-4)  # the same error everywhere stretches nothing


def test_gaps_of_flows_that_stay_are_those_of_the_faces_to_the_layout(
    objective: GuidedObjective, bank: Bank, layout: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, still = drawn(bank, layout), torch.zeros(16, 2, 16, 16)
    monkeypatch.setattr(objective.networks.embedding, "forward", lambda pictures: (still[:8], still[:8, :1]))
    monkeypatch.setattr(objective.networks.driving, "decode", lambda vectors: still)

    def off(points: Tensor) -> Tensor:
        """Lids count three times, irises twice what lips do; the sum is a seventh of all, lips and lids being seven."""
        pairs = torch.tensor([*INNER_LIPS, *LIDS, *IRIS_CORNERS])
        weights = torch.tensor([1.0] * 3 + [3.0] * 4 + [2.0] * 4)
        one, other = (points[:, pairs[:, side]] - layout[pairs[:, side], :2] for side in (0, 1))
        return ((one - other).abs().mean(2) * weights).sum(1) / 7

    expected = off(batch.source_points[..., :2]) + off(batch.landmarks) + off(batch.across_points) * batch.sane
    torch.testing.assert_close(objective(batch, 0.0)["gaps"], expected.mean())


def test_across_people_the_difference_of_the_partners_vectors_is_added(
    objective: GuidedObjective, bank: Bank, layout: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, driving, seen = drawn(bank, layout), objective.networks.driving, []
    decode = driving.decode
    monkeypatch.setattr(driving, "decode", lambda vectors: seen.append(vectors) or decode(vectors))
    objective(batch, 0.0)
    target, source = driving.encode(batch.views).chunk(2)
    across = torch.stack([source[k] + target[k - 1] - source[k - 1] for k in range(8)])
    torch.testing.assert_close(seen[0], torch.cat([target, across]))


def test_views_are_of_the_targets_first_and_then_of_the_sources(bank: Bank, layout: Tensor) -> None:
    batch = drawn(bank, layout, GUIDED)
    target, source = batch.views.chunk(2)
    for views, pictures in ((target, batch.target), (source, batch.source)):
        apart = (rank(views)[:, None] - rank(pictures)[None]).abs().mean((2, 3))
        assert (apart.diagonal() <= apart.amin(1) + 1e-6).all()  # a picture may be drawn twice


def rank(pictures: Tensor) -> Tensor:
    """Which of a channel's pixels is darker than which, whatever the colours: (n, 3, h * w)."""
    return pictures.flatten(2).argsort(dim=-1, stable=True).argsort(dim=-1).float()


def test_guidance_fades_to_its_end_and_nothing_else_does(
    objective: GuidedObjective, bank: Bank, layout: Tensor
) -> None:
    batch = drawn(bank, layout)
    with torch.no_grad():
        first, half, late, last = (objective(batch, progress) for progress in (0.0, 0.5, 0.9, 1.0))
    faded = first["loss"] - last["loss"]
    assert float((first["loss"] - half["loss"]) / faded) == pytest.approx(0.5 / (1 - PLAIN.guidance_end), rel=1e-3)
    assert float(late["loss"]) == pytest.approx(float(last["loss"]))
    heads = PLAIN.landmarks * first["landmarks"] + PLAIN.expression * first["expression"]
    unfaded = first["loss"] - faded / (1 - PLAIN.guidance_end)
    assert float(unfaded) == pytest.approx(float(PLAIN.photometric * first["photometric"] + heads), rel=1e-3)


def test_every_parameter_is_taught(objective: GuidedObjective, bank: Bank, layout: Tensor) -> None:
    objective(drawn(bank, layout), 0.0)["loss"].backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_thirty_steps_of_the_guided_recipe_lower_its_loss(
    make_trainer: Callable[..., Trainer], bank: Bank, layout: Tensor
) -> None:
    trainer = make_trainer("guided", batch=8, lr=3e-3)
    before, after = taught(trainer, drawn(bank, layout, GUIDED, count=16))
    assert after["loss"] < 0.97 * before["loss"]
    assert after["landmarks"] < 0.7 * before["landmarks"]


def test_thirty_steps_on_one_batch_begin_to_know_it_by_heart(
    make_trainer: Callable[..., Trainer], bank: Bank, layout: Tensor
) -> None:
    trainer = make_trainer("guided", batch=8, lr=3e-3)
    batch = drawn(bank, layout, GUIDED)
    trainer.batches = Always(batch)
    before, after = taught(trainer, batch)
    assert after["loss"] < 0.6 * before["loss"]
    for name in ("embedding_flow", "driving_flow", "across_flow", "photometric", "landmarks", "expression"):
        assert after[name] < 0.95 * before[name], name
    assert after["driving_flow"] < 0.6 * before["driving_flow"]


@dataclass(frozen=True)
class Always:
    """Draws one batch for ever."""

    batch: object

    def draw(self, random: torch.Generator, count: int) -> object:
        return self.batch


def taught(trainer: Trainer, batch: GuidedBatch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The losses of a batch before and after thirty steps."""
    losses = []
    for steps in (0, 30):
        while trainer.state.step < steps:
            trainer.step(trainer.state.step / 30)
        with torch.no_grad():
            losses.append(trainer.objective.train()(batch, 0.0))
    return losses[0], losses[1]


def test_the_photometric_loss_is_the_mean_difference_to_the_driving_frame(bank: Bank, dims: Dims) -> None:
    torch.manual_seed(0)
    objective = PhotometricObjective(X2FaceNetworks(dims).eval())
    batch = PhotometricBatches(bank, RECIPES["photometric"]).draw(generator(0, 0, 0, CPU), 6)
    losses = objective(batch, 0.5)
    expected = (objective.networks(batch.source, batch.target) - batch.target).abs().mean()
    torch.testing.assert_close(losses["loss"], expected)
    torch.testing.assert_close(losses["l1"], losses["loss"].detach())


def test_one_of_the_two_pictures_that_a_photograph_gives_is_turned(bank: Bank, layout: Tensor) -> None:
    alone = replace(bank, first=torch.arange(len(bank)), count=torch.ones(len(bank), dtype=torch.int64))
    batch = drawn(alone, layout, PLAIN, count=16)
    moved = (batch.source_points - batch.landmarks).abs().amax((1, 2))
    assert (moved > 1e-3).all()
    assert batch.optical_trust is not None and (batch.optical_trust == 0).all()
    assert float(batch.seen.amin()) < 0.1  # the ground of turned pictures, bent with the head, teaches nothing


def test_optical_flow_teaches_the_composed_flow_outside_the_face(
    objective: GuidedObjective, bank: Bank, layout: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Networks that answer a flow of nothing are off by the flow itself, weighed by the trust."""
    batch, still = drawn(bank, layout), torch.zeros(16, 2, 16, 16)
    monkeypatch.setattr(objective.networks.embedding, "forward", lambda pictures: (still[:8], still[:8, :1]))
    monkeypatch.setattr(objective.networks.driving, "decode", lambda vectors: still)
    assert batch.optical_flow is not None and batch.optical_trust is not None
    expected = (batch.optical_flow.abs() * batch.optical_trust).mean()
    torch.testing.assert_close(objective(batch, 0.0)["optical"], expected)
    assert expected > 0


def test_without_optical_flow_nothing_of_it_is_taught(objective: GuidedObjective, bank: Bank, layout: Tensor) -> None:
    batch = drawn(bank, layout, replace(PLAIN, optical=0.0))
    assert batch.optical_flow is None and "optical" not in objective(batch, 0.0)

"""What the recipes teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch

from tests.core.training.drawn import CPU, GUIDED, PLAIN, Tensor, drawn
from x2face_core.data.bank import Bank
from x2face_core.geometry.landmarks import INNER_LIPS, IRIS_CORNERS, LIDS
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.drawing import generator
from x2face_core.training.engine import Trainer
from x2face_core.training.guided import GuidedObjective
from x2face_core.training.guided_batches import GuidedBatch
from x2face_core.training.photometric import PhotometricBatches, PhotometricObjective
from x2face_core.training.recipes import RECIPES
from x2face_core.warping import resize_flow


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
        """Lids count four times, irises six times what lips do; the sum is over seven, which lips and lids are."""
        pairs = torch.tensor([*INNER_LIPS, *LIDS, *IRIS_CORNERS])
        weights = torch.tensor([1.0] * 3 + [4.0] * 4 + [6.0] * 4)
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


def test_guidance_fades_to_its_end_while_the_photometric_loss_grows_to_its_own(
    objective: GuidedObjective, bank: Bank, layout: Tensor
) -> None:
    batch, whole = drawn(bank, layout), PLAIN.photometric_end - PLAIN.photometric
    with torch.no_grad():
        losses = {progress: objective(batch, progress) for progress in (0.0, 0.5, 0.9, 1.0)}
    guided = {p: one["loss"] - (PLAIN.photometric + p * whole) * one["photometric"] for p, one in losses.items()}
    faded = guided[0.0] - guided[1.0]
    assert float((guided[0.0] - guided[0.5]) / faded) == pytest.approx(0.5 / (1 - PLAIN.guidance_end), rel=1e-3)
    assert float(guided[0.9]) == pytest.approx(float(guided[1.0]), rel=1e-4)
    heads = PLAIN.landmarks * losses[0.0]["landmarks"] + PLAIN.expression * losses[0.0]["expression"]
    assert float(guided[0.0] - faded / (1 - PLAIN.guidance_end)) == pytest.approx(float(heads), rel=1e-3)


def test_every_parameter_is_taught(objective: GuidedObjective, bank: Bank, layout: Tensor) -> None:
    objective(drawn(bank, layout), 0.0)["loss"].backward()
    for name, parameter in objective.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_thirty_steps_of_the_guided_recipe_lower_its_loss(
    make_trainer: Callable[..., Trainer], bank: Bank, layout: Tensor
) -> None:
    trainer = make_trainer("guided", batch=8, lr=3e-3)
    before, after = taught(trainer, drawn(bank, layout, GUIDED, count=16))
    assert after["loss"] < 0.99 * before["loss"]  # 0.96 to 0.976, by the kind of CPU
    assert after["landmarks"] < 0.8 * before["landmarks"]


def test_thirty_steps_on_one_batch_begin_to_know_it_by_heart(
    make_trainer: Callable[..., Trainer], bank: Bank, layout: Tensor
) -> None:
    trainer = make_trainer("guided", batch=8, lr=3e-3)
    batch = drawn(bank, layout, GUIDED)
    trainer.prefetcher.batches = Always(batch)
    before, after = taught(trainer, batch)
    assert after["loss"] < 0.6 * before["loss"]
    for name in ("embedding_flow", "driving_flow", "across_flow", "photometric", "landmarks", "expression"):
        assert after[name] < 0.95 * before[name], name
    assert after["driving_flow"] < 0.7 * before["driving_flow"]  # 0.60 as guidance fades


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


def test_fitted_heads_predict_what_they_were_fitted_to(objective: GuidedObjective, bank: Bank, layout: Tensor) -> None:
    """Sixteen numbers a vector and eight pictures: ridge regression knows them nearly by heart."""
    batch = drawn(bank, layout, GUIDED)
    with torch.no_grad():
        before = objective.eval()(batch, 0.0)
        objective.fit_heads([batch])
        after = objective.eval()(batch, 0.0)
    assert after["landmarks"] < 0.2 * before["landmarks"]
    assert after["expression"] < 0.2 * before["expression"]
    assert after["driving_flow"] == before["driving_flow"]

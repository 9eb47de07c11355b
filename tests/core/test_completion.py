"""The network that completes embedded faces: what it sees, and that it leaves alone what it need not paint."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from x2face_core.model import X2Face
from x2face_core.networks.completion import CompletionNetwork, log_area, to_paint, unseen
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState
from x2face_core.training.shipping import ship
from x2face_core.warping import identity_grid

DIMS = Dims(side=32, flow_side=16, width=4, vector=16, confidence=False, padding="border", completion=4)


def scaled(factor: float, side: int = 9) -> Tensor:
    """(1, 2, side, side): the flow under which the embedded face shows the source's middle, magnified by 1 / factor."""
    return ((factor - 1) * identity_grid(side, side)).permute(2, 0, 1)[None]


def hiding(count: int) -> Tensor:
    """(count, 2, 16, 16): the flow under which one place of the source is all that the embedded face shows."""
    return scaled(0.0, 16).expand(count, -1, -1, -1)


@pytest.mark.parametrize("factor", [1.0, 0.5, 1.5])
def test_an_area_is_that_of_the_source_a_place_gets(factor: float) -> None:
    area = log_area(scaled(factor))
    torch.testing.assert_close(area, torch.full((1, 1, 9, 9), 2 * math.log(factor)), atol=1e-5, rtol=0)


def test_an_area_that_folds_is_the_least_there_is() -> None:
    """Mirrored: the determinant is -1."""
    flow = torch.zeros(1, 2, 9, 9)
    flow[:, 0] = -2 * identity_grid(9, 9)[..., 0]
    torch.testing.assert_close(log_area(flow), torch.full((1, 1, 9, 9), math.log(0.02)))


def test_an_untrained_network_hardly_paints() -> None:
    """Not even where nothing is seen."""
    torch.manual_seed(0)
    network, textures = CompletionNetwork(4), torch.rand(2, 3, 32, 32)
    completed = network.complete(textures, log_area(hiding(2)), 32).detach()
    assert completed.shape == textures.shape
    assert 0 < float((completed - textures).abs().max()) < 0.06


def test_what_is_not_seen_is_painted_and_nothing_else_at_any_size() -> None:
    """Red, all over; then, of a face all of which is seen, the texture itself."""
    network = CompletionNetwork(4)
    assert network.last.bias is not None
    torch.nn.init.zeros_(network.last.weight)
    textures = torch.rand(1, 3, 48, 48)
    with torch.no_grad():
        network.last.bias.copy_(torch.tensor([30.0, -30.0, -30.0]))
        red = network.complete(textures, log_area(hiding(1)), 32)
        same = network.complete(textures, torch.zeros(1, 1, 16, 16), 32)
    torch.testing.assert_close(
        red, torch.tensor([1.0, 0.0, 0.0])[None, :, None, None].expand(1, 3, 48, 48), atol=1e-3, rtol=0
    )
    torch.testing.assert_close(same, textures, atol=2e-3, rtol=0)


@pytest.mark.parametrize(("area", "expected"), [(-0.9, 0.5), (0.0, 0.0007), (-2.0, 0.9998)])
def test_the_smaller_the_area_the_less_is_seen(area: float, expected: float) -> None:
    assert float(unseen(torch.tensor(area))) == pytest.approx(expected, rel=0.1)


def test_a_margin_around_what_is_not_seen_is_painted_too() -> None:
    """A place of 8 x 8 pixels of 128, and two pixels on each side of it."""
    area = torch.zeros(1, 1, 128, 128)
    area[..., 40:48, 60:68] = -3.0
    rows, columns = (to_paint(area)[0, 0] > 0.5).nonzero().unbind(1)
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (38, 49, 58, 69)
    assert len(rows) == 12 * 12


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Untrained weights whose completion paints black what it may."""
    torch.manual_seed(0)
    networks = X2FaceNetworks(DIMS)
    assert networks.completion is not None and networks.completion.last.bias is not None
    torch.nn.init.zeros_(networks.completion.last.weight)
    with torch.no_grad():
        networks.completion.last.bias.copy_(torch.tensor([-30.0, -30.0, -30.0]))
    ship(tmp_path / "w.safetensors", networks, RunState(recipe={"name": "completion"}), None, None, held_out={})
    return tmp_path / "w.safetensors"


def test_weights_carry_it_and_a_model_completes_unless_asked_not_to(weights: Path) -> None:
    pictures = torch.rand(1, 3, 32, 32)
    completed, bare = X2Face.load(weights), X2Face.load(weights, completion=False)
    assert completed.info.parameters["completion"] > 0
    darker = bare.embed(pictures).texture - completed.embed(pictures).texture
    assert float(darker.min()) > -1e-5 and float(darker.max()) > 0.05
    assert completed.fingerprint == bare.fingerprint


def test_a_single_embedding_says_for_itself_whether_it_is_completed(weights: Path) -> None:
    pictures, model = torch.rand(1, 3, 32, 32), X2Face.load(weights)
    bare = X2Face.load(weights, completion=False)
    torch.testing.assert_close(model.embed(pictures, complete=False).texture, bare.embed(pictures).texture)
    torch.testing.assert_close(bare.embed(pictures, complete=True).texture, model.embed(pictures).texture)


@pytest.mark.parametrize("fusion", ["aligned", "mean"])
def test_several_sources_are_completed_once_where_none_of_them_sees(
    fusion: str, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = X2Face.load(weights)
    seen: list[Tensor] = []
    network = model.networks.completion
    assert network is not None
    monkeypatch.setattr(network, "forward", lambda textures, area: (seen.append(area), textures)[1])
    pictures = torch.rand(3, 3, 32, 32)
    for k in range(3):
        model.embed(pictures[k : k + 1], fusion)
    model.embed(pictures, fusion)
    *alone, together = seen
    assert len(seen) == 4 and together.shape == (1, 1, 32, 32)
    if fusion == "mean":
        assert (together >= torch.cat(alone).amax(0) - 1e-5).all()  # the largest, then resized


def test_networks_without_it_embed_as_before() -> None:
    torch.manual_seed(0)
    networks = X2FaceNetworks(replace(DIMS, completion=0))
    assert networks.completion is None and "completion" not in networks.parameter_counts()

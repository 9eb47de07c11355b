"""Networks folded for inference answer as those that were trained."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from x2face_core.networks import folding
from x2face_core.networks.blocks import Up
from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.networks.folding import FoldedUp, fold, shifted_upsampling
from x2face_core.networks.x2face import X2FaceNetworks

from ..tiny_weights import with_statistics

Tensor = torch.Tensor


def test_the_factors_of_two_pixels_are_as_worked_out_by_hand() -> None:
    """Four outputs at 0, 1/3, 2/3 and 1 of the way between two inputs; a tap before or after reads the neighbour."""
    here = torch.tensor([[3, 0], [2, 1], [1, 2], [0, 3]], dtype=torch.float64) / 3
    none = torch.zeros(1, 2, dtype=torch.float64)
    expected = torch.stack([torch.cat([none, here[:-1]]), here, torch.cat([here[1:], none])])
    torch.testing.assert_close(shifted_upsampling(2), expected)


@pytest.mark.parametrize("side", [1, 2, 8])
@pytest.mark.parametrize("n", [1, 3])
def test_a_folded_block_answers_as_upsampling_and_convolution(side: int, n: int) -> None:
    torch.manual_seed(side)
    convolution = nn.Conv2d(5, 4, 3, 1, 1).double().requires_grad_(False)
    x = torch.randn(n, 5, side, side, dtype=torch.float64)
    doubled = F.interpolate(F.relu(x), scale_factor=2, mode="bilinear", align_corners=True)
    torch.testing.assert_close(FoldedUp(convolution, side)(x), convolution(doubled))


def test_pictures_computed_one_by_one_answer_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    block = FoldedUp(nn.Conv2d(5, 4, 3, 1, 1, bias=False), 8)
    x = torch.randn(3, 5, 8, 8)
    together = block(x)
    monkeypatch.setattr(folding, "_LARGE", 0)
    torch.testing.assert_close(block(x), together)


@pytest.mark.parametrize(
    "changed", [{}, {"order": "printed"}, {"inner_norm": True}, {"confidence": False}, {"driving_tanh": 1}]
)
def test_folded_networks_answer_as_trained_ones(changed: dict[str, object]) -> None:
    networks = with_statistics(Dims(**{"side": 32, "flow_side": 32, "width": 4, "vector": 16} | changed))
    folded = fold(copy.deepcopy(networks))
    pictures, vectors = torch.rand(2, 3, 32, 32), torch.randn(2, 16)
    for found, expected in zip(folded.embedding(pictures), networks.embedding(pictures), strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(folded.encode(pictures), networks.encode(pictures), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(folded.driving.decode(vectors), networks.driving.decode(vectors), atol=1e-5, rtol=1e-4)


def test_networks_in_the_released_order_have_no_norm_and_no_upsampling_left() -> None:
    modules = [*fold(with_statistics(Dims(side=16, flow_side=16, width=4, vector=16))).modules()]
    assert not any(isinstance(module, nn.BatchNorm2d | Up) for module in modules)
    assert sum(isinstance(module, FoldedUp) for module in modules) == 8


def test_for_gpus_only_norms_are_folded() -> None:
    networks = with_statistics(Dims(side=16, flow_side=16, width=4, vector=16))
    folded = fold(copy.deepcopy(networks), upsampling=False)
    modules = [*folded.modules()]
    assert not any(isinstance(module, nn.BatchNorm2d | FoldedUp) for module in modules)
    vectors = torch.randn(2, 16)
    torch.testing.assert_close(folded.driving.decode(vectors), networks.driving.decode(vectors), atol=1e-5, rtol=1e-4)


def multiplications(decoder: nn.Module) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        decoder(torch.zeros(1, 128, 1, 1, device="meta"))
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize(("preset", "share"), [("paper", 0.5), ("light", 0.45)])
def test_a_folded_decoder_needs_less_than_half_the_multiplications(preset: str, share: float) -> None:
    with torch.device("meta"):
        decoder = X2FaceNetworks(PRESETS[preset]).eval().driving.decoder
        before = multiplications(decoder)
        folding._fold_upsampling(decoder)
        assert multiplications(decoder) < share * before


def test_pictures_are_not_rounded_before_the_first_convolution_of_the_driving_network() -> None:
    """Under autocast to bf16, a network of one convolution and one that is rounded after it."""
    networks = with_statistics(Dims(side=16, flow_side=8, width=4, vector=16))
    first = networks.driving.encoder.blocks[0]
    pictures = torch.rand(2, 3, 16, 16)
    exact = first(pictures)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = first(pictures)
        fold(networks)
        kept = networks.driving.encoder.blocks[0](pictures)
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(kept, exact)

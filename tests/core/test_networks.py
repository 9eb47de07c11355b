"""The networks as published: their sizes, their order of operations, what bounds their flows."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from x2face_core.errors import WeightsError
from x2face_core.networks.blocks import Down, Up
from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.networks.x2face import X2FaceNetworks

from ..tiny_weights import with_statistics

Tensor = torch.Tensor
TINY = Dims(side=32, flow_side=32, width=4, vector=16)


@pytest.fixture(scope="module")
def paper() -> X2FaceNetworks:
    with torch.device("meta"):
        return X2FaceNetworks(PRESETS["paper"])


def kernels(blocks: nn.ModuleList) -> list[tuple[int, int, int]]:
    """In, out, size of each convolution."""
    return [(block.conv.in_channels, block.conv.out_channels, block.conv.kernel_size[0]) for block in blocks]


def norms(blocks: nn.ModuleList) -> list[int | None]:
    """Channels of each batch norm; None where there is none."""
    return [block.norm.num_features if isinstance(block.norm, nn.BatchNorm2d) else None for block in blocks]


def sizes(network: nn.Module, picture: Tensor) -> list[int]:
    """The side of what each block answers, in the order of the computation."""
    seen: list[int] = []
    blocks = [module for module in network.modules() if isinstance(module, (Down, Up))]
    hooks = [block.register_forward_hook(lambda block, given, out: seen.append(out.shape[-1])) for block in blocks]
    network(picture)
    for hook in hooks:
        hook.remove()
    return seen


def test_the_paper_preset_has_as_many_parameters_as_the_released_networks(paper: X2FaceNetworks) -> None:
    assert paper.parameter_counts() == {"embedding": 39_157_760, "driving": 25_614_080}


def test_the_encoders_are_the_published_ones(paper: X2FaceNetworks) -> None:
    common = [(3, 64, 4), (64, 128, 4), (128, 256, 4), (256, 512, 4), (512, 512, 4), (512, 512, 4), (512, 512, 4)]
    assert kernels(paper.embedding.encoder.blocks) == [*common, (512, 512, 4)]
    assert kernels(paper.driving.encoder.blocks) == [*common, (512, 128, 4)]
    for network in (paper.embedding, paper.driving):
        assert norms(network.encoder.blocks) == [None, 128, 256, 512, 512, 512, 512, None]
        assert all(b.conv.stride == (2, 2) and b.conv.padding == (1, 1) for b in network.encoder.blocks)


def test_the_embedding_decoder_reads_skips_and_answers_flow_and_confidence(paper: X2FaceNetworks) -> None:
    blocks = paper.embedding.decoder.blocks
    doubled = [(1024, 512, 3), (1024, 512, 3), (1024, 512, 3), (1024, 256, 3), (512, 128, 3), (256, 64, 3)]
    assert kernels(blocks) == [(512, 512, 3), *doubled, (128, 3, 3)]
    assert norms(blocks) == [512, 512, 512, 512, 256, 128, 64, None]


def test_the_driving_decoder_reads_no_skips_and_answers_a_flow(paper: X2FaceNetworks) -> None:
    blocks = paper.driving.decoder.blocks
    plain = [(512, 512, 3), (512, 512, 3), (512, 512, 3), (512, 256, 3), (256, 128, 3), (128, 64, 3)]
    assert kernels(blocks) == [(128, 512, 3), *plain, (64, 2, 3)]
    assert norms(blocks) == [512, 512, 512, 512, 256, 128, 64, None]


def test_no_convolution_has_a_bias(paper: X2FaceNetworks) -> None:
    convolutions = [module for module in paper.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 32
    assert all(convolution.bias is None for convolution in convolutions)


def test_pictures_are_halved_to_one_pixel_and_doubled_again(paper: X2FaceNetworks) -> None:
    picture = torch.zeros(1, 3, 256, 256, device="meta")
    expected = [128, 64, 32, 16, 8, 4, 2, 1, 2, 4, 8, 16, 32, 64, 128, 256]
    with torch.no_grad():
        paper.eval()
        assert sizes(paper.embedding, picture) == expected
        assert sizes(paper.driving, picture) == expected


def released(downs: nn.ModuleList, ups: nn.ModuleList, x: Tensor, *, skips: bool, level: int = 0) -> Tensor:
    """The nested blocks of SkipNet.py and NoSkipNet_X2Face.py, written anew: leaky ReLU, convolution, norm going in;
    ReLU, upsampling, convolution, norm coming out; then the decoder's features before the skipped ones."""
    down, up = downs[level], ups[len(downs) - 1 - level]
    y = F.conv2d(x if level == 0 else F.leaky_relu(x, 0.2), down.conv.weight, stride=2, padding=1)
    if level < len(downs) - 1:
        y = y if level == 0 else normed(down, y)
        y = released(downs, ups, y, skips=skips, level=level + 1)
    y = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)(F.relu(y))
    y = F.conv2d(y, up.conv.weight, padding=1)
    if level == 0:
        return y
    y = normed(up, y)
    return torch.cat([y, x], dim=1) if skips else y


def normed(block: nn.Module, y: Tensor) -> Tensor:
    norm = block.norm
    assert isinstance(norm, nn.BatchNorm2d) and norm.running_mean is not None and norm.running_var is not None
    mean, var, weight, bias = (
        value[:, None, None] for value in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return (y - mean) / (var + 1e-5).sqrt() * weight + bias


@pytest.fixture
def pictures() -> Tensor:
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(3))


def test_the_embedding_network_computes_what_the_released_blocks_do_under_one_tanh(pictures: Tensor) -> None:
    network = with_statistics(TINY).embedding
    out = released(network.encoder.blocks, network.decoder.blocks, pictures, skips=True)
    flow, confidence = network(pictures)
    torch.testing.assert_close(flow, out[:, :2].tanh(), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(confidence, out[:, 2:], atol=1e-5, rtol=1e-4)


def test_the_driving_network_computes_what_the_released_blocks_do_under_two_tanh(pictures: Tensor) -> None:
    network = with_statistics(TINY).driving
    out = released(network.encoder.blocks, network.decoder.blocks, pictures, skips=False)
    torch.testing.assert_close(network(pictures), out.tanh().tanh(), atol=1e-5, rtol=1e-4)


def test_the_vector_is_the_raw_answer_of_the_innermost_convolution(pictures: Tensor) -> None:
    network = with_statistics(TINY).driving
    innermost, answers = network.encoder.blocks[-1], []
    innermost.conv.register_forward_hook(lambda conv, given, out: answers.append(out))
    v = network.encode(pictures)
    assert v.shape == (2, 16)
    assert torch.equal(v, answers[0][:, :, 0, 0])
    assert (v < 0).any()  # no ReLU has touched it


def test_the_printed_order_activates_after_the_convolutions(pictures: Tensor) -> None:
    network = with_statistics(Dims(side=32, flow_side=32, width=4, vector=16, order="printed")).driving
    x = pictures
    for block in network.encoder.blocks:
        x = F.leaky_relu(F.conv2d(x, block.conv.weight, stride=2, padding=1), 0.2)
        x = normed(block, x) if isinstance(block.norm, nn.BatchNorm2d) else x
    torch.testing.assert_close(network.encode(pictures), x.flatten(1), atol=1e-5, rtol=1e-4)
    for block in network.decoder.blocks:
        x = F.conv2d(x, block.conv.weight, padding=1)
        last = block is network.decoder.last
        x = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)(x if last else F.relu(x))
        x = x if last else normed(block, x)
    torch.testing.assert_close(network(pictures), x.tanh().tanh(), atol=1e-5, rtol=1e-4)


def test_the_innermost_convolution_may_have_a_norm() -> None:
    networks = with_statistics(Dims(side=32, flow_side=32, width=4, vector=16, inner_norm=True))
    assert norms(networks.driving.encoder.blocks)[-1] == 16
    assert norms(with_statistics(TINY).driving.encoder.blocks)[-1] is None


def steep(dims: Dims) -> X2FaceNetworks:
    """Networks whose last convolutions answer thousands."""
    networks = with_statistics(dims)
    for network in (networks.embedding, networks.driving):
        network.decoder.last.conv.weight.mul_(1e4)
    return networks


@pytest.mark.parametrize(("times", "bound"), [(1, 1.0), (2, math.tanh(1))])
def test_the_driving_flow_is_bound_by_its_tanhs(pictures: Tensor, times: int, bound: float) -> None:
    networks = steep(Dims(side=32, flow_side=32, width=4, vector=16, driving_tanh=times))
    reach = float(networks.driving(pictures).abs().max())
    assert reach == pytest.approx(bound, abs=1e-4)


def test_the_embedding_flow_is_bound_by_one_tanh_and_its_confidence_by_none(pictures: Tensor) -> None:
    flow, confidence = steep(TINY).embedding(pictures)
    assert float(flow.abs().max()) == pytest.approx(1, abs=1e-4)
    assert float(confidence.abs().max()) > 10


def test_without_a_confidence_channel_all_places_are_equally_sure(pictures: Tensor) -> None:
    networks = with_statistics(Dims(side=32, flow_side=16, width=4, vector=16, confidence=False))
    assert networks.embedding.decoder.last.conv.out_channels == 2
    _, confidence = networks.embedding(pictures)
    assert confidence.shape == (2, 1, 16, 16)
    assert (confidence == 0).all()


def test_light_networks_read_reduced_pictures_and_sample_large_ones() -> None:
    networks = with_statistics(Dims(side=32, flow_side=8, width=4, vector=16, padding="border"))
    large = torch.rand(2, 3, 80, 80)
    textures, confidence = networks.embed(large)
    vectors = networks.encode(large)
    assert networks.driving.decode(vectors).shape == (2, 2, 8, 8)
    assert (textures.shape, confidence.shape) == ((2, 3, 80, 80), (2, 1, 8, 8))
    assert networks.render(textures[0], vectors).shape == (2, 3, 80, 80)


def test_generating_is_embedding_encoding_and_rendering(pictures: Tensor) -> None:
    networks = with_statistics(TINY)
    driving = pictures.flip(0)
    expected = networks.render(networks.embed(pictures)[0], networks.encode(driving))
    torch.testing.assert_close(networks(pictures, driving), expected)


def test_outside_a_texture_is_what_the_sizes_say(pictures: Tensor) -> None:
    bright = torch.ones(1, 3, 32, 32)
    black, smeared = (
        steep(Dims(side=32, flow_side=32, width=4, vector=16, padding=padding)) for padding in ("zeros", "border")
    )
    assert float(black(bright, pictures[:1]).min()) == 0
    assert float(smeared(bright, pictures[:1]).min()) == pytest.approx(1, abs=1e-5)


def test_fresh_networks_start_as_the_released_ones_did() -> None:
    torch.manual_seed(0)
    networks = X2FaceNetworks(Dims(side=32, flow_side=32, width=32))
    convolution, norm = networks.driving.encoder.blocks[2].conv, networks.driving.encoder.blocks[2].norm
    expected = math.sqrt(2 / (16 * (64 + 128)))  # Xavier: 4 x 4 x (in + out)
    assert float(convolution.weight.detach().std()) == pytest.approx(expected, rel=0.05)
    assert float(norm.weight.detach().mean()) == pytest.approx(1, abs=0.01)
    assert float(norm.weight.detach().std()) == pytest.approx(0.02, rel=0.3)
    assert (norm.bias == 0).all()


def test_sizes_tell_levels_and_channels() -> None:
    assert PRESETS["paper"].levels == 8
    assert PRESETS["paper"].channels == (64, 128, 256, 512, 512, 512, 512, 512)


def test_sizes_come_back_from_a_file_as_they_were() -> None:
    for dims in PRESETS.values():
        assert Dims.from_dict(dims.to_dict()) == dims


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"side": 100}, "side is 100"),
        ({"flow_side": 2}, "flow_side is 2"),
        ({"side": 64, "flow_side": 128}, "more than side, 64"),
        ({"driving_tanh": 3}, "driving_tanh is 3"),
        ({"padding": "reflect"}, "'reflect'"),
        ({"depth": 9}, "'depth'"),
        ({"order": "reversed"}, "'reversed'"),
        ({"side": "large"}, "a whole number is needed"),
    ],
)
def test_impossible_sizes_are_named(values: dict[str, object], named: str) -> None:
    with pytest.raises(WeightsError, match=named):
        Dims.from_dict(values)

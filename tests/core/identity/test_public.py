"""Public formats of VGG networks: files written here in those layouts, against the same network computed by torch."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from x2face_core.errors import WeightsError
from x2face_core.identity.weights import load_identity
from x2face_core.networks.identity import IMAGENET_DEVIATION, IMAGENET_MEAN, SAME_LAYERS

from . import vgg


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(2, 3, vgg.SIDE, vgg.SIDE, generator=torch.Generator().manual_seed(1))


def normalised(pictures: torch.Tensor, mean: tuple[float, ...], deviation: tuple[float, ...]) -> torch.Tensor:
    return (pictures - torch.tensor(mean)[:, None, None]) / torch.tensor(deviation)[:, None, None]


@pytest.mark.parametrize("norm", [False, True])
def test_a_state_dict_of_torchvision_computes_what_it_computed_there(
    tmp_path: Path, pictures: torch.Tensor, norm: bool
) -> None:
    theirs = vgg.network(norm)
    torch.save(OrderedDict(theirs.state_dict()), tmp_path / "vgg11.pth")
    ours, info = load_identity(tmp_path / "vgg11.pth")
    assert (ours.dims.configuration, ours.dims.width, ours.dims.side, ours.dims.norm) == ("A", 4, 64, norm)
    assert (info.name, len(info.sha256)) == ("vgg11", 64)
    read = normalised(pictures, IMAGENET_MEAN, IMAGENET_DEVIATION)
    torch.testing.assert_close(ours.describe(pictures), vgg.described(theirs, read), atol=1e-5, rtol=1e-4)


def test_layers_are_those_that_the_paper_counts(tmp_path: Path) -> None:
    theirs = vgg.network()
    torch.save(theirs.state_dict(), tmp_path / "vgg11.pth")
    ours, _ = load_identity(tmp_path / "vgg11.pth")
    whole = torch.rand(1, 3, ours.dims.whole, ours.dims.whole)
    read = normalised(whole, IMAGENET_MEAN, IMAGENET_DEVIATION)
    found = ours.layers(whole, SAME_LAYERS)
    assert list(found) == list(SAME_LAYERS)
    for name, number in zip(SAME_LAYERS, (2, 3, 4, 5, 7), strict=True):
        torch.testing.assert_close(found[name], vgg.mapped(theirs, read, number), atol=1e-5, rtol=1e-4)


def test_names_of_layers_mean_the_published_normalisation(tmp_path: Path, pictures: torch.Tensor) -> None:
    theirs = vgg.network()
    names = ("conv1_1", "conv2_1", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "conv5_1", "conv5_2")
    layers = [
        *zip(names, vgg.convolutions(theirs), strict=True),
        *zip(("fc6", "fc7", "fc8"), vgg.linears(theirs), strict=True),
    ]
    state = {f"{name}.{part}": getattr(one, part).detach() for name, one in layers for part in ("weight", "bias")}
    torch.save({"state_dict": state}, tmp_path / "face.pth")
    ours, _ = load_identity(tmp_path / "face.pth")
    read = normalised(pictures * 255, (129.1863, 104.7624, 93.5940), (1.0, 1.0, 1.0))
    torch.testing.assert_close(ours.describe(pictures), vgg.described(theirs, read), atol=1e-2, rtol=1e-4)


def test_a_file_of_matconvnet_brings_its_own_mean_colour(tmp_path: Path, pictures: torch.Tensor) -> None:
    theirs = vgg.network()
    ours, _ = load_identity(vgg.write_mat(tmp_path / "face.mat", theirs, mean=(120.0, 100.0, 90.0)))
    read = normalised(pictures * 255, (120.0, 100.0, 90.0), (1.0, 1.0, 1.0))
    torch.testing.assert_close(ours.describe(pictures), vgg.described(theirs, read), atol=1e-2, rtol=1e-4)


def test_a_file_of_torch7_is_turned_from_bgr(tmp_path: Path, pictures: torch.Tensor) -> None:
    theirs = vgg.network()
    ours, _ = load_identity(vgg.write_t7(tmp_path / "face.t7", theirs))
    read = normalised(pictures * 255, (129.1863, 104.7624, 93.5940), (1.0, 1.0, 1.0))
    torch.testing.assert_close(ours.describe(pictures), vgg.described(theirs, read), atol=1e-2, rtol=1e-4)


@pytest.mark.parametrize("suffix", ["t7", "mat", "pth"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_files_cut_short_are_one_line(tmp_path: Path, suffix: str, share: float) -> None:
    theirs, path = vgg.network(), tmp_path / f"face.{suffix}"
    if suffix == "pth":
        torch.save(theirs.state_dict(), path)
    else:
        (vgg.write_t7 if suffix == "t7" else vgg.write_mat)(path, theirs)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(3, int(share * len(whole)))])
    with pytest.raises(WeightsError) as raised:
        load_identity(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_function_of_torch7_is_refused(tmp_path: Path) -> None:
    writer = vgg.Torch7Writer()
    writer.int(8, 1, 4)
    (tmp_path / "evil.t7").write_bytes(bytes(writer.data))
    with pytest.raises(WeightsError, match="functions are not read"):
        load_identity(tmp_path / "evil.t7")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features.3.weight": None, "features.3.bias": None}, "has 7 convolutions"),
        ({"features.3.weight": torch.zeros(9, 4, 3, 3)}, r"convolutions.1.weight is of shape \(9, 4, 3, 3\)"),
        ({"classifier.0.weight": torch.zeros(12, 100)}, "its first fully connected layer reads 100 numbers"),
        (dict.fromkeys(f"classifier.{k}.{part}" for k in (0, 3) for part in ("weight", "bias")), "has 1 fully"),
        ({"features.0.weight": torch.full((4, 3, 3, 3), float("nan"))}, "not finite"),
    ],
)  # fmt: skip
def test_other_shapes_are_named(tmp_path: Path, change: dict[str, torch.Tensor | None], message: str) -> None:
    state = {name: value for name, value in (vgg.network().state_dict() | change).items() if value is not None}
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(WeightsError, match=message):
        load_identity(tmp_path / "odd.pth")


def test_a_state_dict_of_another_network_is_named(tmp_path: Path) -> None:
    torch.save({"layer1.weight": torch.zeros(3)}, tmp_path / "resnet.pth")
    with pytest.raises(WeightsError, match="its first is 'layer1.weight'"):
        load_identity(tmp_path / "resnet.pth")

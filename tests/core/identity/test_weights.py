"""Identity networks on disk, and unit descriptors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from x2face_core.errors import WeightsError
from x2face_core.identity.encoding import IdentityEncoder
from x2face_core.identity.weights import DEFAULT, KIND, load_identity, save_identity
from x2face_core.networks.identity import IDENTITY_PRESETS, IdentityDims, IdentityNetwork

TINY = IdentityDims(side=32, crop=0.5, width=2, hidden=0, descriptor=6, norm=True)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_identity(tmp_path / "who.safetensors", IdentityNetwork(TINY), {"name": "who", "metrics": {"eer": 0.1}})
    return tmp_path / "who.safetensors"


def test_a_network_comes_back_as_it_was_saved(saved: Path) -> None:
    torch.manual_seed(0)
    before, (after, info) = IdentityNetwork(TINY).eval(), load_identity(saved)
    pictures = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(after(pictures), before(pictures), atol=1e-2, rtol=1e-2)  # halves
    assert (info.name, info.metrics, after.dims) == ("who", {"eer": 0.1}, TINY)
    assert KIND.read_info(saved) == info


def test_descriptors_are_unit_vectors_of_the_middle_and_its_mirror_image(saved: Path) -> None:
    encoder, pictures = IdentityEncoder.load(saved, device="cpu"), torch.rand(3, 3, 64, 64)
    found = encoder.embed(pictures)
    assert found.shape == (3, 6)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(encoder.embed(pictures.flip(-1)), found, atol=1e-5, rtol=1e-4)
    border = pictures.clone()
    border[..., :16] = 0
    torch.testing.assert_close(encoder.embed(border), found)
    border[..., 20:30] = 0
    assert (encoder.embed(border) - found).abs().max() > 1e-3
    assert encoder.embed(pictures[:0]).shape == (0, 6)


def test_what_is_missing_or_of_other_sizes_is_one_line(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such identity network"):
        load_identity(tmp_path / "none.safetensors")
    with pytest.raises(WeightsError, match="no identity network of this name"):
        load_identity("nobody")
    network = IdentityNetwork(TINY)
    network.dims = IdentityDims(side=32, width=4, hidden=0, descriptor=6, norm=True)
    save_identity(tmp_path / "odd.safetensors", network, {"name": "odd"})
    with pytest.raises(
        WeightsError, match=r"convolutions.0.weight is of shape \(2, 3, 3, 3\); \(4, 3, 3, 3\) is needed"
    ):
        load_identity(tmp_path / "odd.safetensors")


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"side": 100}, "a multiple of 32"), ({"configuration": "C"}, "A, B, D or E"), ({"crop": 0.0}, "crop is 0")],
)
def test_impossible_sizes_are_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(WeightsError, match=message):
        IdentityDims.from_dict(TINY.to_dict() | changed)


def test_the_presets_are_configuration_a() -> None:
    with torch.device("meta"):
        paper, light = (IdentityNetwork(IDENTITY_PRESETS[name]) for name in ("paper", "light"))
    # VGG-11 has 132.9 M parameters with a classifier of 1000 classes (Simonyan and Zisserman, table 2)
    assert sum(p.numel() for p in paper.parameters()) + 4096 * 1000 + 1000 == 132_863_336
    assert sum(p.numel() for p in light.parameters()) < 1_000_000
    assert (
        paper.names
        == light.names
        == ["conv1_1", "conv2_1", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "conv5_1", "conv5_2"]
    )


@pytest.mark.weights
def test_the_packaged_network_is_small_and_described_and_tells_light_from_people() -> None:
    from skimage.data import astronaut

    encoder = IdentityEncoder.load(device="cpu")
    assert encoder.info.name == "identity-1"
    assert KIND.find(DEFAULT).stat().st_size < 3_000_000
    assert 0 < encoder.info.metrics["eer"] < encoder.info.metrics["test"]["eer"] < 0.06
    assert "94 people" in encoder.info.data
    face = torch.from_numpy(astronaut()[20:220, 130:330].copy()).permute(2, 0, 1).float()[None] / 255
    head = torch.rand(1, 3, 200, 200, generator=torch.Generator().manual_seed(0))
    one, darker, moved, noise = encoder.embed(torch.cat([face, face * 0.7, face.roll(6, -1), head]))
    assert float(one @ darker) > 0.8
    assert float(one @ moved) > 0.8
    assert float(one @ noise) < 0.5

"""X2Face as its users hold it, on tiny untrained weights."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from x2face_core.driving import EmbeddedFace
from x2face_core.engines.torch_engine import device_of, usable_devices
from x2face_core.errors import InputError, UsageError, WeightsError
from x2face_core.model import READINGS, X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.warping import blend
from x2face_core.weights import save_weights

from ..tiny_weights import with_statistics

Tensor = torch.Tensor
DIMS = Dims(side=32, flow_side=16, width=4, vector=16, padding="border")


def store(path: Path, dims: Dims = DIMS, extra: dict[str, Tensor] | None = None, **changed: Any) -> X2FaceNetworks:
    """Write weights whose batch norms are those of trained ones; answer networks on what the file holds, not folded."""
    networks = with_statistics(dims, seed=1)
    info = {"name": "tiny", "preset": "light", "dims": dims.to_dict(), "parameters": networks.parameter_counts()}
    save_weights(path, networks.state_dict() | (extra or {}), info | changed)
    networks.load_state_dict({name: value.float() for name, value in load_file(path).items()}, strict=False)
    return networks


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, X2FaceNetworks]:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    return path, store(path)


@pytest.fixture(scope="module")
def model(saved: tuple[Path, X2FaceNetworks]) -> X2Face:
    return X2Face.load(saved[0])


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    return torch.rand(3, 3, 48, 48, generator=torch.Generator().manual_seed(2))


def test_a_model_says_what_it_is(model: X2Face) -> None:
    assert (model.name, model.dims, model.dtype) == ("tiny", DIMS, torch.float32)
    assert model.fingerprint == model.info.fingerprint
    assert not any(isinstance(module, nn.BatchNorm2d) for module in model.networks.modules())  # folded


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="tells what is mapped on Linux only")
def test_a_loaded_file_does_not_stay_in_memory(saved: tuple[Path, X2FaceNetworks], model: X2Face) -> None:
    gc.collect()
    assert str(saved[0]) not in Path("/proc/self/maps").read_text()
    assert model.networks is not None


@pytest.mark.parametrize("changed", [{}, {"order": "printed"}, {"inner_norm": True}, {"confidence": False}])
def test_folded_norms_answer_as_unfolded_ones(tmp_path: Path, pictures: Tensor, changed: dict[str, Any]) -> None:
    networks = store(tmp_path / "w.safetensors", replace(DIMS, **changed))
    model = X2Face.load(tmp_path / "w.safetensors")
    torch.testing.assert_close(model.encode(pictures), networks.encode(pictures), atol=1e-4, rtol=1e-4)
    face = model.embed(pictures[:1], "mean")
    torch.testing.assert_close(face.texture, networks.embed(pictures[:1])[0][0], atol=1e-4, rtol=1e-4)
    generated = model.render(face, model.encode(pictures))
    torch.testing.assert_close(generated, networks(pictures[:1].expand(3, -1, -1, -1), pictures), atol=1e-4, rtol=1e-4)


def test_shapes_are_as_said(model: X2Face, pictures: Tensor) -> None:
    face, vectors = model.embed(pictures), model.encode(pictures)
    assert (face.texture.shape, vectors.shape) == ((3, 48, 48), (3, 16))
    frames = model.render(face, vectors)
    assert frames.shape == (3, 3, 48, 48)
    assert 0 <= float(frames.min()) <= float(frames.max()) <= 1
    assert vectors.dtype == frames.dtype == face.texture.dtype == torch.float32


def test_several_pictures_may_be_fused_by_their_mean(model: X2Face, pictures: Tensor) -> None:
    singly = torch.stack([model.embed(picture[None], "mean").texture for picture in pictures])
    torch.testing.assert_close(model.embed(pictures, "mean").texture, singly.mean(0), atol=1e-5, rtol=1e-4)
    assert (model.embed(pictures).texture - singly.mean(0)).abs().max() > 1e-2  # aligned, by default


def test_several_pictures_may_be_fused_by_confidence(
    saved: tuple[Path, X2FaceNetworks], model: X2Face, pictures: Tensor
) -> None:
    expected = blend(*saved[1].embed(pictures))
    found = model.embed(pictures, fusion="confidence").texture
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)
    assert (found - model.embed(pictures, "mean").texture).abs().max() > 1e-3


def test_one_picture_is_as_the_embedding_network_lays_it_out_unless_flows_are_aligned(
    model: X2Face, pictures: Tensor
) -> None:
    alone = model.networks.embed(pictures[:1])[0][0]
    assert torch.equal(model.embed(pictures[:1], "mean").texture, alone)
    torch.testing.assert_close(model.embed(pictures[:1], "confidence").texture, alone)
    assert not torch.equal(model.embed(pictures[:1]).texture, alone)


def test_an_aligned_picture_s_own_vector_gives_the_picture_back_better(
    model: X2Face, pictures: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driving flow that shifts all by a tenth, and an embedding flow that does not: aligned, it shifts back."""
    still, shifted = torch.zeros(1, 2, 16, 16), torch.zeros(1, 2, 16, 16)
    shifted[:, 0] = 0.1
    monkeypatch.setattr(model.networks.embedding, "forward", lambda found: (still, still[:, :1]))
    monkeypatch.setattr(model.networks.driving, "decode", lambda vectors: shifted)
    smooth = torch.nn.functional.avg_pool2d(pictures[:1], 9, 1, 4, count_include_pad=False)
    errors = []
    for fusion in ("mean", "aligned"):
        face = model.embed(smooth, fusion)
        again = model.render(face, model.encode(smooth))
        errors.append(float((again - smooth)[..., :12, 12:36].abs().mean()))  # above the mouth, which is left alone
    assert errors[1] < 0.4 * errors[0]


def test_the_order_of_sources_does_not_matter(model: X2Face, pictures: Tensor) -> None:
    there, back = (model.embed(some).texture for some in (pictures, pictures.flip(0)))
    torch.testing.assert_close(there, back, atol=1e-3, rtol=1e-3)


def test_an_unknown_fusion_is_refused(model: X2Face, pictures: Tensor) -> None:
    with pytest.raises(UsageError, match="'median'"):
        model.embed(pictures, fusion="median")


@pytest.mark.parametrize("shape", [(3, 48, 48), (1, 1, 48, 48), (1, 48, 48, 3)])
def test_pictures_of_another_shape_are_refused(model: X2Face, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="expected"):
        model.encode(torch.rand(shape))


def test_pictures_of_bytes_are_refused(model: X2Face) -> None:
    with pytest.raises(InputError, match="uint8"):
        model.embed(torch.zeros(1, 3, 48, 48, dtype=torch.uint8))


@pytest.mark.parametrize("shape", [(16,), (2, 15), (1, 16, 1)])
def test_vectors_of_another_shape_are_refused(model: X2Face, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="expected .*16"):
        model.render(EmbeddedFace(torch.zeros(3, 48, 48)), torch.zeros(shape))


def test_vectors_of_any_floating_kind_render_alike(model: X2Face, pictures: Tensor) -> None:
    face, vectors = model.embed(pictures), model.encode(pictures)
    torch.testing.assert_close(model.render(face, vectors.double()), model.render(face, vectors))


def test_a_reading_is_the_stored_linear_map(tmp_path: Path) -> None:
    weight = torch.randn(7, 16, generator=torch.Generator().manual_seed(4)) / 100
    bias, scale = torch.arange(7.0), torch.arange(7.0) + 1
    store(tmp_path / "w.safetensors", extra={"reading.weight": weight, "reading.bias": bias, "reading.scale": scale})
    model = X2Face.load(tmp_path / "w.safetensors")
    vectors = torch.randn(5, 16, generator=torch.Generator().manual_seed(5))
    found = model.read(vectors)
    assert found.shape == (5, len(READINGS))
    torch.testing.assert_close(found, vectors @ weight.T + bias, atol=1e-5, rtol=1e-5)
    assert model.reading_scale.tolist() == scale.tolist()


def test_weights_without_a_reading_say_what_brings_one(model: X2Face) -> None:
    with pytest.raises(WeightsError, match="x2face train"):
        model.read(torch.zeros(1, 16))


@pytest.mark.parametrize(
    ("options", "named"),
    [({"device": "tpu"}, "tpu"), ({"dtype": "int8"}, "int8"), ({"device": "cpu", "dtype": "fp16"}, "fp16")],
)
def test_impossible_devices_and_formats_are_usage_errors(
    saved: tuple[Path, X2FaceNetworks], options: dict[str, str], named: str
) -> None:
    with pytest.raises(UsageError, match=named):
        X2Face.load(saved[0], **options)


def test_halves_of_precision_answer_nearly_the_same(
    saved: tuple[Path, X2FaceNetworks], model: X2Face, pictures: Tensor
) -> None:
    rough = X2Face.load(saved[0], device="cpu", dtype="bf16")
    found, expected = rough.encode(pictures), model.encode(pictures)
    assert found.dtype == torch.float32
    assert 0 < float((found - expected).norm() / expected.norm()) < 0.05


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda t: t.pop("embedding.decoder.blocks.0.conv.weight"), "embedding.decoder.blocks.0.conv.weight"),
        (lambda t: t.update({"driving.extra": torch.zeros(1)}), "driving.extra"),
        (lambda t: t.update({"driving.encoder.blocks.0.conv.weight": torch.zeros(9, 9)}), "blocks.0.conv"),
    ],
)
def test_tensors_that_do_not_fit_are_named(
    saved: tuple[Path, X2FaceNetworks], tmp_path: Path, spoil: Any, named: str
) -> None:
    tensors = load_file(saved[0])
    spoil(tensors)
    info = {"name": "spoilt", "preset": "light", "dims": DIMS.to_dict(), "parameters": {}}
    save_weights(tmp_path / "w.safetensors", tensors, info)
    with pytest.raises(WeightsError, match=named):
        X2Face.load(tmp_path / "w.safetensors")


def test_missing_weights_are_an_error_of_theirs(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such weights"):
        X2Face.load(tmp_path / "w.safetensors")


def test_every_gpu_can_be_named_and_what_is_not_there_is_answered_with_what_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert usable_devices() == ["cpu", "cuda", "cuda:0", "cuda:1"]
    assert device_of("cuda:1") == torch.device("cuda:1")
    for wrong in ("cuda:2", "gpu", "cuda:-1", "mps"):
        with pytest.raises(
            UsageError, match=f"device {wrong}: not available here; available: cpu, cuda, cuda:0, cuda:1"
        ):
            device_of(wrong)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"reading.weight": torch.ones(7, 16)}, "reading.bias is missing"),
        (
            {"reading.weight": torch.ones(3, 16), "reading.bias": torch.ones(7), "reading.scale": torch.ones(7)},
            "(7, 16)",
        ),
        ({"layout": torch.ones(71)}, "layout is of shape (71,)"),
        ({"layout": torch.full((71, 3), torch.nan)}, "'layout' has numbers that are not finite"),
    ],
)
def test_what_weights_carry_beside_the_networks_is_checked(
    tmp_path: Path, extra: dict[str, Tensor], message: str
) -> None:
    store(tmp_path / "w.safetensors", extra={})
    path = tmp_path / "w.safetensors"
    info = {"name": "tiny", "preset": "light", "dims": DIMS.to_dict(), "parameters": {}}
    save_weights(path, load_file(path) | extra, info)
    with pytest.raises(WeightsError) as refused:
        X2Face.load(path)
    assert message in str(refused.value) and str(path) in str(refused.value)


def test_sizes_that_are_none_name_the_file(tmp_path: Path) -> None:
    store(tmp_path / "w.safetensors")
    tensors = load_file(tmp_path / "w.safetensors")
    info = {"name": "tiny", "preset": "light", "dims": DIMS.to_dict() | {"crop_scale": float("nan")}, "parameters": {}}
    save_weights(tmp_path / "w.safetensors", tensors, info)
    with pytest.raises(WeightsError, match=r"w\.safetensors: Dims\.crop_scale is nan"):
        X2Face.load(tmp_path / "w.safetensors")

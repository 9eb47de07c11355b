"""A bundle drives as the released files do: max |difference| <= 1e-4 on frames, whatever drives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.lab.converted import REGISTRY, Released, write_released
from x2face_audio.settings import Settings as Speech
from x2face_core.driving import Factor
from x2face_core.model import X2Face
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.composing import compose
from x2face_core.weights import verify
from x2face_plugins.activating import load_driver
from x2face_plugins.mappings.loading import mapping_loader
from x2face_plugins.mappings.lookup import fitted_names
from x2face_pose.settings import Settings as Pose

from ..released import (
    Change,
    released_frames,
    released_pose,
    released_speech,
    released_vector,
)

NEAR = 1e-4


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("X2FACE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(
    scope="module",
    params=[pytest.param((5, 4), id="small"), pytest.param((8, 64), id="whole", marks=pytest.mark.slow)],
)
def released(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Released:
    return write_released(tmp_path_factory.mktemp("released"), *request.param)


@pytest.fixture(scope="module")
def model(released: Released) -> X2Face:
    return X2Face.load(released.bundle, dtype="fp32")


@pytest.fixture(scope="module")
def pictures(model: X2Face) -> list[Tensor]:
    """Four (1, 3, side, side), smooth but for a little noise, as photographs are."""
    rng = torch.Generator().manual_seed(5)
    coarse = torch.rand(4, 3, 8, 8, generator=rng)
    smooth = torch.nn.functional.interpolate(coarse, model.dims.side, mode="bicubic").clamp(0, 1)
    noisy = (smooth + 0.02 * torch.randn(smooth.shape, generator=rng)).clamp(0, 1)
    return list(noisy.split(1))


@pytest.fixture(scope="module")
def source(model: X2Face, pictures: list[Tensor]) -> ModelSource:
    mappings = mapping_loader(REGISTRY, model.fingerprint, weights=model.info.path)
    return ModelSource.of(model, pictures[0], load_mapping=mappings)


def driven(source: ModelSource, name: str, settings: Any) -> Tensor:
    """Frames (n, 3, side, side), as a run has them but for being rounded to 8 bits."""
    rows = compose([load_driver(REGISTRY.driver(name), settings)], source).rows
    return source.model.render(source.face, torch.from_numpy(np.stack([row.vector for row in rows])).float())


def far(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_frames_are_those_of_the_released_arithmetic(
    count: int, released: Released, model: X2Face, pictures: list[Tensor]
) -> None:
    expected = released_frames(released.state, pictures[:count], pictures[3])
    found = model.render(model.embed(torch.cat(pictures[:count])), model.encode(pictures[3]))
    assert far(found, expected) <= NEAR
    assert far(expected, pictures[0]) > 0.3 and far(expected, torch.zeros(())) > 0.3  # neither the source nor black


def test_fusion_is_as_released_unless_it_is_said(model: X2Face, pictures: list[Tensor]) -> None:
    two = torch.cat(pictures[:2])
    by_default, weighed, mean = (model.embed(two, fusion).texture for fusion in ("auto", "confidence", "mean"))
    assert torch.equal(by_default, weighed) and far(by_default, mean) > 1e-3


def test_vectors_are_those_of_the_released_arithmetic(
    released: Released, model: X2Face, pictures: list[Tensor]
) -> None:
    expected = released_vector(released.state, pictures[3])
    assert far(model.encode(pictures[3]), expected) <= NEAR * float(expected.abs().max())


ANGLES = [(12.0, 0.0, 0.0), (0.0, -30.0, 0.0), (0.0, 0.0, 60.0), (-5.0, 6.0, 7.0)]


@pytest.mark.parametrize("degrees", ANGLES)
def test_poses_are_those_of_the_notebook(
    degrees: tuple[float, float, float], released: Released, source: ModelSource, pictures: list[Tensor]
) -> None:
    radians = torch.tensor(degrees).deg2rad()
    expected = change_of(released, pictures[0], released_pose(*released.pose, radians))
    angles = dict(zip(("roll", "pitch", "yaw"), map(str, degrees), strict=True))
    found = driven(source, "pose", Pose(**angles, seconds=0.04, absolute=True))
    assert far(found, expected) <= NEAR
    assert far(expected, change_of(released, pictures[0], None)) > 100 * NEAR


def change_of(released: Released, picture: Tensor, change: Change | None) -> Tensor:
    """The source driven by itself, as the notebooks do, its vector changed on the way."""
    return released_frames(released.state, [picture], picture, change)


def test_speech_is_that_of_the_notebook(
    released: Released, source: ModelSource, pictures: list[Tensor], tmp_path: Path
) -> None:
    the_features, own = released.features[:6], released.features[7]
    np.savez(tmp_path / "own.npz", audio_feat=own)
    np.savez(tmp_path / "heard.npz", audio_feat=the_features)
    notebook = [
        released_speech(*released.pose, released.regression, torch.from_numpy(row), torch.from_numpy(own))
        for row in the_features
    ]
    expected = torch.cat([change_of(released, pictures[0], change) for change in notebook])
    found = driven(source, "audio", Speech(str(tmp_path / "heard.npz"), rest=tmp_path / "own.npz"))
    assert far(found, expected) <= NEAR
    assert far(expected, change_of(released, pictures[0], None)) > 100 * NEAR
    uncorrected = driven(
        source, "audio", Speech(str(tmp_path / "heard.npz"), rest=tmp_path / "own.npz", correction="none")
    )
    assert far(uncorrected, expected) > 10 * NEAR


def test_the_pose_mapping_speaks_degrees_and_leaves_the_source_alone(released: Released, source: ModelSource) -> None:
    pose = source.mapping("pose")
    assert isinstance(pose, Factor)
    weight, bias = released.pose[0].values()
    radians = source.vector @ weight.T + bias
    assert torch.allclose(pose.read(source.vector[None])[0], radians.rad2deg(), atol=1e-3)
    zero = driven(source, "pose", Pose(yaw="0", seconds=0.04))
    assert far(zero, source.model.render(source.face, source.vector[None])) < 1e-6


def test_the_scaler_is_kept_and_not_applied(released: Released, source: ModelSource) -> None:
    state = source.mapping("audio_features").state_dict()
    assert torch.allclose(state["mean"], torch.from_numpy(released.features).mean(0), atol=1e-4)
    assert torch.allclose(state["scale"], torch.from_numpy(released.features).std(0, correction=0), atol=1e-4)
    assert torch.equal(state["weight"], released.regression[0])


def test_a_bundle_says_what_is_in_it(released: Released) -> None:
    info = verify(released.bundle)
    assert (info.name, info.preset, info.recipe["name"]) == ("bundle", "paper", "released")
    assert info.dims["padding"] == "zeros" and info.dims["driving_tanh"] == 2 and info.dims["order"] == "released"
    assert fitted_names(REGISTRY, info.fingerprint, info.path) == ["audio_features", "pose"]
    assert fitted_names(REGISTRY, info.fingerprint) == []
    if info.dims["width"] == 64:
        assert info.parameters == {"embedding": 39_157_760, "driving": 25_614_080}

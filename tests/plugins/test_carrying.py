"""Weights can carry mappings; these are found after the user's own and before the plugin's."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from x2face_core.errors import MissingError, WeightsError
from x2face_core.weights import read_info, verify
from x2face_plugins import hookspecs
from x2face_plugins.mappings.carrying import carried_mappings, save_with_mappings
from x2face_plugins.mappings.files import MappingInfo, mapping_place, save_mapping
from x2face_plugins.mappings.loading import mapping_loader
from x2face_plugins.mappings.lookup import fitted_names, where
from x2face_plugins.registry import Registry

INFO: dict[str, Any] = {"name": "mine", "preset": "light", "dims": {"side": 32}, "parameters": {}}


class Numbers:
    """A state whose matrix has one value."""

    def __init__(self, value: float) -> None:
        self.value = value

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"matrix": torch.full((2, 128), self.value)}


@pytest.fixture
def registry(install: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("X2FACE_HOME", str(tmp_path / "home"))
    text = textwrap.dedent((inspect.getdoc(hookspecs.x2face_mappings) or "").partition("::\n")[2])
    install("acme-stick", text)
    return Registry.load()


@pytest.fixture
def weights(registry: Registry, tmp_path: Path) -> Path:
    """Weights that carry the mapping stick with the value 5."""
    tensors = {"driving.encoder.blocks.0.conv.weight": torch.rand(2, 3, 4, 4), "embedding.x": torch.rand(3)}
    carried = [(registry.mapping("stick"), Numbers(5.0), "a stick")]
    save_with_mappings(tmp_path / "w.safetensors", tensors, INFO, carried)
    return tmp_path / "w.safetensors"


def written(registry: Registry, weights: Path | None) -> float:
    load = mapping_loader(registry, read_info(weights).fingerprint if weights else "0" * 16, weights=weights)
    return float(load("stick").write(torch.tensor([[1.0, 0.0]]))[0, 0])


def test_a_carried_mapping_is_found_with_its_weights_alone(registry: Registry, weights: Path) -> None:
    space = verify(weights).fingerprint
    assert written(registry, weights) == 5
    assert fitted_names(registry, space, weights) == ["stick"] and fitted_names(registry, space) == []
    assert where(registry.mapping("stick"), space, weights) == (weights, "")
    with pytest.raises(MissingError, match="x2face fit stick"):
        written(registry, None)


def test_the_user_s_own_goes_before_it(registry: Registry, weights: Path) -> None:
    offer, space = registry.mapping("stick"), read_info(weights).fingerprint
    save_mapping(mapping_place(offer, space), Numbers(7.0), MappingInfo.of(offer, space))
    assert written(registry, weights) == 7


def test_kernels_are_kept_whole(weights: Path) -> None:
    assert all(value.dtype == torch.float32 for value in load_file(weights).values())


def test_what_it_says_of_itself(weights: Path) -> None:
    (info,) = carried_mappings(weights)
    assert (info.name, info.dist, info.data, info.path) == ("stick", "acme-stick", "a stick", weights)
    assert info.space == read_info(weights).fingerprint
    assert carried_mappings(None) == []


def test_weights_that_carry_nothing_have_none(weights: Path, tmp_path: Path) -> None:
    save_with_mappings(tmp_path / "bare.safetensors", load_file(weights), INFO, [])
    assert carried_mappings(tmp_path / "bare.safetensors") == []


def rewritten(weights: Path, change: Callable[[dict[str, torch.Tensor], dict[str, str]], Any]) -> None:
    with safe_open(weights, "pt") as file:
        names = file.keys()
        tensors = {name: file.get_tensor(name) for name in names}
        metadata = dict(file.metadata())
    change(tensors, metadata)
    save_file(tensors, weights, metadata)


def test_a_carried_mapping_without_its_tensors_is_broken(registry: Registry, weights: Path) -> None:
    rewritten(weights, lambda tensors, metadata: tensors.pop("mappings.acme-stick.stick.matrix"))
    with pytest.raises(WeightsError, match=r"w\.safetensors: its tensors have sha256"):
        written(registry, weights)


@pytest.mark.parametrize("text", ["{", "[1]", "5", '{"stick": 1}', json.dumps({"stick": {"name": "stick"}})])
def test_a_description_that_cannot_be_read_is_told(text: str, registry: Registry, weights: Path) -> None:
    rewritten(weights, lambda tensors, metadata: metadata.update({"x2face.mappings": text}))
    with pytest.raises(WeightsError, match=r"w\.safetensors: its description cannot be read"):
        written(registry, weights)

"""Weights that ship say what was measured, and are the same weights."""

from __future__ import annotations

from pathlib import Path

import torch

from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.checkpoint import RunState
from x2face_core.training.shipping import ship
from x2face_core.weights import verify
from x2face_lab.publishing import publish


def test_published_weights_carry_their_figures(face_folder: Path, tmp_path: Path) -> None:
    networks = X2FaceNetworks(Dims(side=32, flow_side=16, width=4))
    reading = {"weight": torch.eye(7, 128), "bias": torch.zeros(7), "scale": torch.ones(7)}
    state = RunState(recipe={"name": "guided", "preset": "light"}, data={"statement": "drawn people"})
    run = ship(tmp_path / "weights.safetensors", networks, state, reading, None, {"held_ratio": 0.9})
    info = publish(tmp_path / "weights.safetensors", face_folder, tmp_path / "tiny-1.safetensors", tmp_path / "s.png")
    assert (info.name, info.fingerprint, info.data) == ("tiny-1", run.fingerprint, "drawn people")
    assert info.metrics["held_ratio"] == 0.9
    assert info.metrics["people"] == 1
    assert verify(tmp_path / "tiny-1.safetensors").sha256 == run.sha256
    picture = torch.rand(1, 3, 32, 32)
    loaded = [X2Face.load(tmp_path / f"{name}.safetensors").encode(picture) for name in ("weights", "tiny-1")]
    assert torch.equal(*loaded)

"""What a source tells drivers of its frames."""

from __future__ import annotations

from typing import Any

import torch

from x2face_core.sources.source import ModelSource


def test_frames_are_rendered_of_the_sources_own_face_in_their_size(tiny_model: Any) -> None:
    pictures = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    source = ModelSource.of(tiny_model, pictures)
    rows = source.vector + torch.stack([torch.zeros(128), torch.ones(128)])
    frames = source.render(rows)
    assert frames.shape == (2, 3, 48, 48)
    assert torch.equal(frames, tiny_model.render(source.face, rows).clamp(0, 1))
    assert not torch.equal(frames[0], frames[1])
    assert not frames.requires_grad

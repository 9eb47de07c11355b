"""Offsets between sound and lips."""

from __future__ import annotations

import pytest
import torch

from x2face_audio.sync.offset import offset_of


@pytest.mark.parametrize("late", [-9, -1, 0, 4, 12])
def test_the_offset_is_found_by_which_the_sound_is_late(late: int) -> None:
    random = torch.Generator().manual_seed(0)
    embeddings = torch.nn.functional.normalize(torch.randn(60, 16, generator=random), dim=1)
    found = offset_of(embeddings[20 - late : 50 - late], embeddings[20:50])
    assert found.frames == late
    assert found.confidence > 0.5


def test_offsets_with_too_little_overlap_do_not_count() -> None:
    rows = torch.nn.functional.normalize(torch.ones(12, 4), dim=1)
    assert offset_of(rows, rows).likeness.isfinite().sum() == 13

"""Drawn pictures that drive a face, and a source to be driven. Some test files have fixtures `source` of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.films import bar
from x2face_core.media.images import write_picture
from x2face_core.pixels import to_tensor
from x2face_core.sources.source import ModelSource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of twelve drawn pictures, in the order of their numbers: 2.png stands before 10.png."""
    (tmp_path / "frames").mkdir()
    for k in range(12):
        write_picture(tmp_path / "frames" / f"{k}.png", bar(k))
    return tmp_path / "frames"


@pytest.fixture
def source(tiny_model: Any) -> ModelSource:
    """A source that looks like 5.png of the folder."""
    return ModelSource.of(tiny_model, to_tensor([bar(5)]))

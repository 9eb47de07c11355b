"""What the stages work on: a second of film, default weights; $X2FACE_BENCHMARK_THREADS threads, or one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from speed.inputs import Inputs
from speed.stages import THREADS

from x2face_core.media.boxes import Box, crop
from x2face_core.media.images import read_picture
from x2face_core.media.video import read_frames
from x2face_core.model import X2Face
from x2face_core.pixels import to_pictures, to_tensor

BATCH = 8
BOX = Box(192, 112, 256)


@pytest.fixture(scope="session", autouse=True)
def threads_of_torch() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(int(os.environ.get(THREADS, "1")))
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="session")
def film(inputs: Inputs) -> Path:
    return inputs.film(1)


@pytest.fixture(scope="session")
def wide(film: Path) -> list[Any]:
    """25 pictures of 640x480 pixels."""
    return list(read_frames(film))


@pytest.fixture(scope="session")
def model() -> X2Face:
    return X2Face.load(device="cpu")


@pytest.fixture(scope="session")
def small(model: X2Face, wide: list[Any]) -> torch.Tensor:
    """A batch of crops as the driving network reads them."""
    return to_tensor(crop(picture, BOX, model.dims.side) for picture in wide[:BATCH])


@pytest.fixture(scope="session")
def face(model: X2Face, inputs: Inputs) -> Any:
    return model.embed(to_tensor([crop(read_picture(inputs.source()), Box(130, 20, 200), 256)]))


@pytest.fixture(scope="session")
def rendered(model: X2Face, face: Any, small: torch.Tensor) -> Any:
    """A batch of frames, (n, 256, 256, 3) uint8."""
    return to_pictures(model.render(face, model.encode(small)))

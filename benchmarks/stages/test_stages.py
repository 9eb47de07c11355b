"""`pytest benchmarks/stages`: each stage of a run alone. `extra_info["frames"]`: frames a round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from speed.inputs import Inputs

from x2face_core.media.boxes import Box
from x2face_core.media.images import read_picture
from x2face_core.media.opening import decoded_film, film_stream, opened
from x2face_core.media.pasting import paste_back
from x2face_core.media.scan import scan_film
from x2face_core.media.video import read_frames, read_lazy_frames
from x2face_core.media.writing import write_film
from x2face_core.model import X2Face
from x2face_core.pixels import to_pictures, to_tensor
from x2face_core.sources.source import ModelSource
from x2face_core.warping import warp

BOX = Box(192, 112, 256)


def timed(benchmark: Any, frames: int, call: Any) -> Any:
    benchmark.extra_info["frames"] = frames
    return benchmark(call)


@pytest.mark.benchmark(group="reading")
def test_decode(benchmark: Any, film: Path) -> None:
    def decode() -> int:
        with opened(film) as file:
            stream = film_stream(file)
            assert stream is not None
            return sum(1 for _ in decoded_film(file, stream))

    assert timed(benchmark, 25, decode) == 25


@pytest.mark.benchmark(group="reading")
def test_decode_and_convert_whole_frames(benchmark: Any, film: Path) -> None:
    assert len(timed(benchmark, 25, lambda: list(read_frames(film)))) == 25


@pytest.mark.benchmark(group="reading")
def test_decode_and_crop(benchmark: Any, film: Path) -> None:
    crops = timed(benchmark, 25, lambda: [frame.crop(BOX, 128) for frame in read_lazy_frames(film)])
    assert crops[0].shape == (128, 128, 3)


@pytest.mark.benchmark(group="reading")
def test_find_the_face(benchmark: Any, film: Path) -> None:
    assert timed(benchmark, 25, lambda: scan_film(film)).present.all()


@pytest.mark.benchmark(group="networks")
def test_encode(benchmark: Any, model: X2Face, small: torch.Tensor) -> None:
    assert timed(benchmark, len(small), lambda: model.encode(small)).shape == (len(small), 128)


@pytest.mark.benchmark(group="networks")
def test_measure(benchmark: Any, model: X2Face, small: torch.Tensor) -> None:
    source = ModelSource.of(model, small[:1])
    assert timed(benchmark, len(small), lambda: source.measure(small)).shape == (len(small), 9)


@pytest.mark.benchmark(group="networks")
def test_decode_flow(benchmark: Any, model: X2Face, small: torch.Tensor) -> None:
    vectors = model.encode(small)
    assert timed(benchmark, len(small), lambda: model.flow(vectors)).shape[1] == 2


@pytest.mark.benchmark(group="networks")
def test_warp(benchmark: Any, model: X2Face, small: torch.Tensor, face: Any) -> None:
    flow = model.flow(model.encode(small))
    assert timed(benchmark, len(small), lambda: warp(face.texture[None], flow)).shape[-1] == 256


@pytest.mark.benchmark(group="networks")
def test_embed(benchmark: Any, model: X2Face, small: torch.Tensor) -> None:
    assert timed(benchmark, 1, lambda: model.embed(small[:1])).texture.shape == (3, 128, 128)


@pytest.mark.benchmark(group="conversion")
def test_bytes_to_tensors(benchmark: Any, rendered: Any) -> None:
    assert timed(benchmark, len(rendered), lambda: to_tensor(rendered)).shape[1] == 3


@pytest.mark.benchmark(group="conversion")
def test_tensors_to_bytes(benchmark: Any, rendered: Any) -> None:
    tensor = to_tensor(rendered)
    np.testing.assert_array_equal(timed(benchmark, len(tensor), lambda: to_pictures(tensor)), rendered)


@pytest.mark.benchmark(group="writing")
def test_write_256(benchmark: Any, rendered: Any, tmp_path: Path) -> None:
    frames = [rendered[k % len(rendered)] for k in range(50)]
    assert timed(benchmark, 50, lambda: write_film(tmp_path / "out.mp4", frames, 25)) == 50


@pytest.mark.benchmark(group="writing")
def test_paste_back_1080(benchmark: Any, rendered: Any, inputs: Inputs) -> None:
    whole, box = read_picture(inputs.large_source()), Box(700, 80, 420)
    assert timed(benchmark, 1, lambda: paste_back(whole, rendered[0], box)).shape == (1080, 1920, 3)


@pytest.mark.benchmark(group="writing")
def test_write_1080(benchmark: Any, inputs: Inputs, tmp_path: Path) -> None:
    frames = [read_picture(inputs.large_source())] * 10
    assert timed(benchmark, 10, lambda: write_film(tmp_path / "out.mp4", frames, 25)) == 10

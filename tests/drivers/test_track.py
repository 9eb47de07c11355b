"""The track driver: what a run recorded moves a face again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.errors import InputError, WeightsError
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose
from x2face_core.streaming.motion_file import Motion, Origin, write_motion
from x2face_track import Settings
from x2face_track.driver import TrackDriver

OFFSETS = np.random.default_rng(0).normal(size=(150, 128)).astype(np.float32)
VECTOR = np.random.default_rng(1).normal(size=128).astype(np.float32)


@pytest.fixture
def source(tiny_model: Any) -> ModelSource:
    return ModelSource.of(tiny_model, torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))


def track(folder: Path, origin: Origin, **settings: Any) -> TrackDriver:
    write_motion(folder / "a.x2v", Motion(OFFSETS, VECTOR, origin))
    return TrackDriver(Settings(folder / "a.x2v", **settings))


def rows(driver: TrackDriver, source: ModelSource) -> np.ndarray:
    return np.concatenate([chunk.vectors for chunk in driver.drive(source)])


def test_the_motion_is_replayed_on_another_face(tmp_path: Path, source: ModelSource) -> None:
    driver = track(tmp_path, Origin(30.0, source.space))
    assert np.array_equal(rows(driver, source), OFFSETS)
    assert driver.relative
    assert driver.frames == 150
    composed = compose([ActiveDriver.of(driver)], source)
    assert composed.fps == 30
    assert np.allclose(next(composed.rows).vector, source.vector.double().numpy() + OFFSETS[0])


def test_absolute_replays_the_vectors_as_they_were(tmp_path: Path, source: ModelSource) -> None:
    driver = track(tmp_path, Origin(30.0, source.space), absolute=True)
    assert not driver.relative
    composed = compose([ActiveDriver.of(driver, relative=True)], source)
    assert np.allclose(next(composed.rows).vector, VECTOR + OFFSETS[0])


def test_a_motion_of_other_weights_is_refused_with_both_names(tmp_path: Path, source: ModelSource) -> None:
    driver = track(tmp_path, Origin(30.0, "f" * 16, "light-7"))
    with pytest.raises(WeightsError, match=f"the weights light-7 .space {'f' * 16}., and .*{source.space}") as refused:
        rows(driver, source)
    assert "--weights" in str(refused.value)


def test_made_up_motion_of_no_space_goes_with_any_weights(tmp_path: Path, source: ModelSource) -> None:
    assert len(rows(track(tmp_path, Origin(30.0)), source)) == 150


def test_rows_of_another_length_are_refused(tmp_path: Path, source: ModelSource) -> None:
    driver = track(tmp_path, Origin(30.0))
    driver.motion = replace(driver.motion, offsets=OFFSETS[:, :64])
    with pytest.raises(InputError, match="64 numbers; 128"):
        rows(driver, source)


def test_what_is_no_motion_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.x2v").write_text("words")
    with pytest.raises(InputError, match=r"a\.x2v"):
        TrackDriver(Settings(tmp_path / "a.x2v"))


@pytest.mark.x2face("track")
def test_it_keeps_its_promises(x2face_promise: Any) -> None:
    x2face_promise()

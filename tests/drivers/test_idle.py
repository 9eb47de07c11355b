"""The idle driver, and the factors that it moves."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.sources.source import ModelSource
from x2face_idle import Settings
from x2face_idle.blinking import AGAIN, CLOSING, GAP, OPENING, SHUT, Blinks, onsets, shape
from x2face_idle.driver import DEEPEST, DEPTH, IdleDriver
from x2face_idle.swaying import SPREAD, Sway

AWAKE = torch.nn.functional.pad(torch.tensor([0.3, 0.2, 0.05, -0.05]), (124, 0))
"""Eyes a little open that look to the right and up."""


class LastNumbers(FirstNumbers):
    """A vector's last four numbers, as the lids' gaps and the gaze."""

    def __init__(self) -> None:
        super().__init__(("eye_left", "eye_right", "gaze_x", "gaze_y"))

    def read(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors[:, -4:]

    def write(self, values: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.pad(values, (124, 0))


def idle(model: Any, seconds: float = 60, amount: float = 1.0,
         blinks: float | None = None, **more: Any) -> torch.Tensor:  # fmt: skip
    """(n, 128) offsets."""
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    factors = {"pose": FirstNumbers(), "eyes": LastNumbers()}
    source = replace(ModelSource.of(model, picture, load_mapping=factors.__getitem__, **more), vector=AWAKE)
    count = round(seconds * source.fps)
    chunks = islice(IdleDriver(Settings(amount, blinks)).drive(source), -(-count // 25))
    return torch.cat([torch.as_tensor(chunk.vectors) for chunk in chunks])[:count]


def test_it_begins_at_rest(tiny_model: Any) -> None:
    assert idle(tiny_model, seconds=1)[0].abs().max() == 0


def test_a_seed_gives_the_same_motion_and_another_seed_another(tiny_model: Any) -> None:
    one, again, other = (idle(tiny_model, seconds=5, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other)


def test_the_frame_rate_does_not_matter(tiny_model: Any) -> None:
    slow, fast = idle(tiny_model, seconds=30), idle(tiny_model, seconds=30, fps=50.0)
    assert torch.allclose(slow, fast[::2], atol=1e-5)


def test_the_head_sways_by_a_few_degrees_and_smoothly(tiny_model: Any) -> None:
    angles = idle(tiny_model, seconds=600)[:, :3].numpy()
    assert np.allclose(angles.std(axis=0), SPREAD, rtol=0.2)
    assert np.abs(angles).max() < 6
    assert np.abs(np.diff(angles, axis=0)).max() < 0.4  # degrees a frame


def test_the_eyes_blink_some_fifteen_times_a_minute(tiny_model: Any) -> None:
    closed = -idle(tiny_model, seconds=600)[:, 124].numpy() / (DEPTH * 0.3)
    assert closed.min() == 0
    assert 100 < ((closed[1:] > 0.8) & (closed[:-1] <= 0.8)).sum() < 240


def test_an_amount_of_nothing_is_stillness_and_twice_as_much_twice_the_sway(tiny_model: Any) -> None:
    assert idle(tiny_model, seconds=10, amount=0).abs().max() == 0
    assert torch.allclose(2 * idle(tiny_model, amount=1)[:, :3], idle(tiny_model, amount=2)[:, :3], atol=1e-5)


def test_blinks_keep_their_distance_except_where_they_are_double() -> None:
    times = np.array(list(islice(onsets(np.random.default_rng(0)), 300)))
    gaps = np.diff(times)
    assert (gaps > 0).all()
    double = np.isclose(gaps, AGAIN)
    assert 0.05 < double.mean() < 0.25
    assert (gaps[~double] >= GAP[0] - AGAIN).all()
    assert (gaps <= GAP[1]).all()


def test_a_blink_closes_quickly_and_opens_slowly() -> None:
    moments = np.array([-1, 0, CLOSING / 2, CLOSING, CLOSING + SHUT, CLOSING + SHUT + OPENING / 2, 1])
    assert np.allclose(shape(moments), [0, 0, 0.5, 1, 1, 0.5, 0])


def test_blinks_do_not_depend_on_how_their_times_are_asked_for() -> None:
    times = np.arange(2000) / 25
    at_once = Blinks(np.random.default_rng(5)).closed(times)
    by_parts = Blinks(np.random.default_rng(5))
    assert np.array_equal(at_once, np.concatenate([by_parts.closed(part) for part in np.split(times, 80)]))


def test_sway_is_a_function_of_time_alone() -> None:
    sway = Sway(np.random.default_rng(0))
    assert np.array_equal(sway.angles(np.array([7.0, 3.0]))[1:], sway.angles(np.array([3.0])))


def test_blinks_may_be_whole_while_the_head_hardly_sways(tiny_model: Any) -> None:
    whole, low = idle(tiny_model, seconds=30), idle(tiny_model, seconds=30, amount=0.3, blinks=1.0)
    torch.testing.assert_close(low[:, :3], 0.3 * whole[:, :3], atol=1e-4, rtol=0)
    torch.testing.assert_close(low[:, 124:], whole[:, 124:], atol=1e-6, rtol=0)


def test_each_lid_closes_by_its_own_gap_and_the_gaze_stays(tiny_model: Any) -> None:
    eyes = idle(tiny_model, seconds=30)[:, 124:]
    torch.testing.assert_close(eyes.min(dim=0).values[:2], -DEPTH * AWAKE[124:126], atol=0.02, rtol=0)
    assert eyes[:, 2:].abs().max() == 0


def test_however_lively_no_lid_closes_beyond_its_gap(tiny_model: Any) -> None:
    eyes = idle(tiny_model, seconds=30, amount=3)[:, 124:]
    assert (AWAKE[124:126] * DEEPEST + eyes[:, :2]).min() >= -1e-6


@pytest.mark.weights
def test_the_default_weights_read_a_blink_as_closing_eyes() -> None:
    from x2face_core.model import X2Face
    from x2face_core.pixels import to_tensor
    from x2face_plugins.mappings.loading import mapping_loader
    from x2face_plugins.registry import Registry

    model = X2Face.load(device="cpu")
    eyes = mapping_loader(Registry.load(), model.fingerprint)("eyes")
    blink = eyes.write(torch.tensor([[-DEPTH * 0.3, -DEPTH * 0.3, 0, 0]])) - eyes.write(torch.zeros(1, 4))
    own = model.encode(to_tensor([np.full((128, 128, 3), 128, np.uint8)]))
    moved = ((model.read(own + blink) - model.read(own)) / model.reading_scale)[0]
    assert (moved[5:] < -1.5).all()
    assert moved[:5].abs().max() < 0.5


@pytest.mark.x2face("idle")
def test_it_keeps_its_promises(x2face_promise: Any) -> None:
    x2face_promise()

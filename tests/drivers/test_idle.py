"""The idle driver and the mapping that it blinks with."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError
from x2face_core.sources.source import ModelSource
from x2face_idle import Settings
from x2face_idle.blink_detection import EACH, training_blinks
from x2face_idle.blinking import AGAIN, CLOSING, GAP, OPENING, SHUT, Blinks, onsets, shape
from x2face_idle.demo import write_tracks
from x2face_idle.driver import IdleDriver
from x2face_idle.lids import Lids
from x2face_idle.swaying import SPREAD, Sway


def lids() -> Lids:
    """A blink of 1 is 1 in a vector's last number."""
    mapping = Lids()
    mapping.load_state_dict({"direction": torch.eye(128)[127]})
    return mapping


def idle(model: Any, seconds: float = 60, amount: float = 1.0, **more: Any) -> torch.Tensor:
    """(n, 128) offsets."""
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    source = ModelSource.of(model, picture, load_mapping={"pose": FirstNumbers(), "lids": lids()}.__getitem__, **more)
    count = round(seconds * source.fps)
    chunks = islice(IdleDriver(Settings(amount)).drive(source), -(-count // 25))
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
    closed = idle(tiny_model, seconds=600)[:, 127].numpy()
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


def test_lids_learn_the_way_that_blinks_go_whatever_the_face() -> None:
    way, mapping = torch.randn(128, generator=torch.Generator().manual_seed(0)), Lids()
    faces = torch.randn(6, 128, generator=torch.Generator().manual_seed(1))
    told = mapping.fit((torch.tensor([[0.0], [1.0]]), torch.stack([face, face + way])) for face in faces)
    assert torch.allclose(mapping.write(torch.ones(1, 1))[0], way, atol=1e-5)
    assert mapping.write(torch.zeros(1, 1)).abs().max() == 0
    assert told == {"examples": 6, "agreement": 1.0}


def test_without_a_blink_there_is_nothing_to_learn() -> None:
    with pytest.raises(InputError, match="no blink"):
        Lids().fit([(torch.zeros(4, 1), torch.rand(4, 128))])


def test_blinks_are_found_where_the_lids_fall_and_nothing_else_moves(tmp_path: Path) -> None:
    found = training_blinks(FaceFolder(write_tracks(tmp_path)))
    assert [blink.closed for blink in found] == [10, 30]
    assert all(blink.before < blink.closed for blink in found)


def test_a_head_that_turns_with_the_lids_is_no_blink(tmp_path: Path) -> None:
    folder = write_tracks(tmp_path)
    labels = dict(np.load(folder / "labels.npz"))
    labels["pose"][:, 2] = np.arange(40) * 2  # degrees
    np.savez(folder / "labels.npz", **labels)
    assert training_blinks(FaceFolder(folder)) == []


def test_nobody_who_blinks_a_lot_is_all_that_is_learned(tmp_path: Path) -> None:
    folder = write_tracks(tmp_path)
    labels = {name: np.tile(values, (50, *[1] * (values.ndim - 1))) if len(values) else values
              for name, values in np.load(folder / "labels.npz").items()}  # fmt: skip
    labels["frame"] = np.arange(50 * 40)
    np.savez(folder / "labels.npz", **labels)
    table = folder / "clips.csv"
    table.write_text(table.read_text().replace(",1.6,40,", f",80,{50 * 40},"))
    assert len(training_blinks(FaceFolder(folder))) == EACH


@pytest.mark.weights
def test_the_default_weights_read_the_shipped_blink_as_closing_eyes() -> None:
    from x2face_core.model import X2Face
    from x2face_core.pixels import to_tensor
    from x2face_plugins.mappings.loading import mapping_loader
    from x2face_plugins.registry import Registry

    model = X2Face.load(device="cpu")
    blink = mapping_loader(Registry.load(), model.fingerprint)("lids").write(torch.ones(1, 1))
    own = model.encode(to_tensor([np.full((128, 128, 3), 128, np.uint8)]))
    moved = ((model.read(own + blink) - model.read(own)) / model.reading_scale)[0]
    assert (moved[5:] < -1.5).all()
    assert moved[:5].abs().max() < 0.5


@pytest.mark.x2face("idle", "lids")
def test_it_keeps_its_promises(x2face_promise: Any) -> None:
    x2face_promise()

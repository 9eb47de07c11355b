"""Features of sound: how many there are, which moment each belongs to, and that blocks do not matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from x2face_audio.sync.features import SpeechFeatures, SyncFeatures, stream
from x2face_audio.sync.networks import AudioEncoder, Context, SyncDims
from x2face_audio.sync.sounds import WINDOW, Samples, mfcc, windows

DIMS = SyncDims(feature=16, context=8, width=8)


@dataclass(frozen=True)
class Loudness:
    """A stranger's features: the energy of a frame's own 1/25 s."""

    rate: int = 16000
    fps: int = 25
    window: int = 640
    centre: int = 320

    def __call__(self, samples: Samples) -> Tensor:
        assert len(samples) % self.window == 0
        return torch.from_numpy(np.square(samples.reshape(-1, self.window)).sum(1, keepdims=True))


@pytest.fixture
def speech() -> SpeechFeatures:
    torch.manual_seed(0)
    return SpeechFeatures(AudioEncoder(DIMS), Context(DIMS))


def all_of(samples: Samples, features: object, block: int = 5000) -> Tensor:
    blocks = (samples[start : start + block] for start in range(0, max(len(samples), 1), block))
    return torch.cat(list(stream(blocks, features)))


def test_a_fifth_of_a_second_and_its_last_row_s_reach_give_twenty_rows() -> None:
    assert mfcc(np.zeros(WINDOW, np.float32)).shape == (20, 13)
    assert mfcc(np.zeros(WINDOW - 1, np.float32)).shape == (19, 13)


def test_silence_has_finite_features() -> None:
    assert np.isfinite(mfcc(np.zeros(16000, np.float32))).all()


def test_windows_repeat_the_last_row_beyond_the_end() -> None:
    rows = np.arange(30, dtype=np.float32)[:, None].repeat(13, 1)
    assert windows(rows, np.array([25]))[0, :, 0].tolist() == [25, 26, 27, 28, 29] + [29] * 15


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (320, 1), (16000, 25), (4800, 8), (4790, 7), (160000, 250)])
def test_there_are_as_many_features_as_frames_in_the_sound(samples: int, frames: int) -> None:
    assert len(all_of(np.ones(samples, np.float32), Loudness())) == frames


def test_an_impulse_is_heard_in_the_frame_in_which_it_sounds() -> None:
    sound = np.zeros(16000, np.float32)
    sound[640 * 9 + 100] = 1
    assert all_of(sound, Loudness()).argmax() == 9


def test_blocks_of_any_length_give_the_same_features(speech: SpeechFeatures) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 40000).astype(np.float32)
    whole = all_of(sound, speech, 40000)
    assert torch.allclose(all_of(sound, speech, 700), whole, atol=1e-3)  # the first sample of a block is not emphasised
    assert len(whole) == round(25 * 2.5)


def test_a_feature_sees_its_window_and_no_more(speech: SpeechFeatures) -> None:
    random = np.random.default_rng(0)
    sound = random.normal(0, 0.1, speech.window + 640 * 20).astype(np.float32)
    changed = sound.copy()
    changed[: 640 * 10] = random.normal(0, 0.1, 640 * 10)
    before, after = speech(sound), speech(changed)
    assert torch.allclose(before[11:], after[11:])
    assert not torch.allclose(before[:10], after[:10])


def test_features_of_the_last_layer_are_never_negative() -> None:
    features = SyncFeatures(AudioEncoder(DIMS))
    found = features(np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32))
    assert found.shape == (1 + (16000 - WINDOW) // 640, 16)
    assert float(found.min()) >= 0

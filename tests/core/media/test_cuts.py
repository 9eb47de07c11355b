"""Telling cuts from motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.films import elsewhere, swaying
from x2face_core.media.cuts import CutDetector


def cuts(pictures: list[NDArray[np.uint8]]) -> list[int]:
    watch = CutDetector()
    return [number for number, picture in enumerate(pictures) if watch.is_cut(picture)]


def test_a_swaying_face_is_one_scene() -> None:
    assert cuts(swaying(60, sway=40)) == []


def test_a_hurried_pan_is_one_scene() -> None:
    wide = np.concatenate([swaying(1)[0], elsewhere(swaying(1))[0], swaying(1, side=200)[0]], axis=1)
    assert cuts([wide[:, at : at + 320] for at in range(0, 640, 24)]) == []


def test_noise_is_no_cut() -> None:
    random = np.random.default_rng(0)
    still = swaying(1)[0].astype(int)
    assert cuts([(still + random.normal(0, 25, still.shape)).clip(0, 255).astype(np.uint8) for _ in range(20)]) == []


def test_a_fade_is_no_cut() -> None:
    still = swaying(1)[0]
    assert cuts([(still * (1 - at / 50)).astype(np.uint8) for at in range(50)]) == []


def test_another_scene_is_a_cut() -> None:
    assert cuts(swaying(20) + elsewhere(swaying(20, side=300)) + swaying(20)) == [20, 40]


def test_frames_shown_twice_hide_no_cut_and_make_none() -> None:
    doubled = [picture for picture in swaying(20) + elsewhere(swaying(20, side=300)) for _ in range(2)]
    assert cuts(doubled) == [40]

"""Correcting the head by what frames of one source show of it, measured in some of them."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from x2face_core.errors import MissingError
from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.calibrating import FRAMES, calibrated, spaced
from x2face_plugins.mappings.correcting import Correction
from x2face_plugins.mappings.transferring import Transfer

Tensor = torch.Tensor
POSE, MOUTH = slice(0, 3), slice(10, 12)
DRIVER = torch.zeros(90, 128)
DRIVER[:, POSE] = torch.randn(90, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([4.0, 6.0, 10.0])
DRIVER[:, MOUTH] = torch.randn(90, 2, generator=torch.Generator().manual_seed(1)) * 0.04


def factor(columns: slice) -> AffineFactor:
    """The numbers of a vector at `columns`."""
    one = torch.eye(128)[:, columns]
    made = AffineFactor(one.shape[1], ((-30.0, 30.0),) * one.shape[1])
    made.reading, made.writing = Affine(one.T, torch.zeros(one.shape[1])), Affine(one, torch.zeros(128))
    return made


class Face:
    """A source whose frames show `shares` of what is asked of the head, and of the pitch what its mouth does, too.

    Its pictures hold the angles that they show, in their first row; `rendered` counts them.
    """

    vector, pictures = torch.linspace(0, 1, 128), torch.zeros(1, 3, 8, 8)

    def __init__(self, *shares: float, leaning: float = 0.0, fitted: bool = True) -> None:
        self.shares, self.leaning, self.fitted, self.rendered = torch.tensor(shares), leaning, fitted, 0

    def shown(self, vectors: Tensor) -> Tensor:
        angles = vectors[:, POSE] * self.shares
        angles[:, 1] += self.leaning * vectors[:, MOUTH.start]
        return angles

    def render(self, vectors: Tensor) -> Tensor:
        self.rendered += len(vectors)
        pictures = torch.zeros(len(vectors), 3, 8, 8)
        pictures[:, 0, 0, :3] = self.shown(vectors)
        return pictures

    def measure(self, pictures: Tensor) -> Tensor:
        return torch.cat([pictures[:, 0, 0, :3], torch.zeros(len(pictures), 6)], dim=1)

    def encode(self, pictures: Tensor) -> Tensor:
        return self.vector.expand(len(pictures), -1)

    def factor(self, name: str) -> AffineFactor:
        if self.fitted and name in ("pose", "mouth"):
            return factor(POSE if name == "pose" else MOUTH)
        raise MissingError("not fitted")


def correction() -> Correction:
    """Frames show all of what is read."""
    return Correction(torch.eye(3, 134), torch.eye(3, 128))


def missed(source: Any, *, calibrate: bool) -> Tensor:
    """(3,) deviation of what frames show from what the driver does."""
    pose = factor(POSE)
    pose.correction = correction()
    transfer = Transfer(source.vector, torch.zeros(128), corrected=pose, measured=True)
    if calibrate:
        transfer = transfer.calibrated(source, DRIVER)
    shown = source.shown(source.vector + transfer(DRIVER)) - source.shown(source.vector[None])
    return (shown - DRIVER[:, POSE]).std(dim=0)


@pytest.mark.parametrize(
    ("shares", "leaning", "angle"), [((1, 1, 0.8), 0.0, 2), ((1, 0.75, 1), 0.0, 1), ((1, 1, 1), 60.0, 1)]
)
def test_a_head_follows_more_exactly_when_it_was_seen(shares: Any, leaning: float, angle: int) -> None:
    source = Face(*shares, leaning=leaning)
    before, after = (missed(source, calibrate=one)[angle] for one in (False, True))
    assert after < 0.45 * before  # 0.7 of what is missing is written


def test_frames_that_show_what_is_expected_change_nothing() -> None:
    offsets = DRIVER[:40]
    torch.testing.assert_close(calibrated(correction(), Face(1, 1, 1), offsets).shows, correction().shows)


def test_what_was_told_of_the_driver_stays() -> None:
    assert torch.equal(calibrated(correction(), Face(0.5, 1, 1), DRIVER[:40]).told, correction().told)


def test_a_source_without_fitted_factors_is_not_rendered() -> None:
    source = Face(1, 1, 0.5, fitted=False)
    before = correction()
    assert calibrated(before, source, DRIVER[:40]) is before
    assert source.rendered == 0


def test_at_most_a_third_of_the_frames_and_so_many_are_rendered() -> None:
    rows = [spaced(count) for count in (1000, 90, 24)]
    assert [len(row) for row in rows if row is not None] == [FRAMES, 30, 8]
    assert rows[0] is not None
    assert rows[0][[0, -1]].tolist() == [0, 999]
    source: Any = Face(1, 1, 1)
    missed(source, calibrate=True)
    assert source.rendered == 30 + 1  # and the source's own


def test_a_film_of_few_frames_and_vectors_that_are_not_measured_are_corrected_as_for_everybody() -> None:
    pose = factor(POSE)
    pose.correction = correction()
    source: Any = Face(1, 1, 0.5)
    measured = Transfer(source.vector, torch.zeros(128), corrected=pose, measured=True)
    assert spaced(23) is None
    assert measured.calibrated(source, DRIVER[:23]) is measured
    told = Transfer(source.vector, torch.zeros(128), corrected=pose)
    assert told.calibrated(source, DRIVER) is told
    assert source.rendered == 0

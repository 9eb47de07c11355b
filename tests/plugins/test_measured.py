"""Driving vectors that hold what a network of its own measures in the pictures."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.errors import MissingError, WeightsError
from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.correcting import Correction
from x2face_plugins.mappings.measured import SHARES, MeasuringEncoder
from x2face_plugins.mappings.transferring import Transfer

Tensor = torch.Tensor
VECTOR = torch.linspace(-1, 1, 128)
MEASURED = torch.tensor([1.0, 2.0, 3.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])


def numbers(first: int, count: int, scale: float = 1.0) -> AffineFactor:
    """`count` numbers of a vector from `first` on; writing moves the number 50 as well."""
    factor = AffineFactor(count)
    columns = torch.eye(128)[:, first : first + count]
    factor.reading = Affine(columns.T, torch.ones(count))
    factor.writing = Affine(scale * columns + torch.eye(128)[:, 50:51] * 0.1, torch.zeros(128))
    return factor


class Face:
    """As much of a source as an encoder of its pictures reads. It encodes pictures as VECTOR."""

    side, vector, pictures = 8, VECTOR, torch.zeros(1, 3, 8, 8)

    def __init__(self, **factors: Any) -> None:
        self.factors = factors
        self.measured = 0

    def factor(self, name: str) -> Any:
        found = self.factors.get(name, MissingError("none here"))
        if isinstance(found, Exception):
            raise found
        return found

    def encode(self, pictures: Tensor) -> Tensor:
        return VECTOR.expand(len(pictures), -1)

    def measure(self, pictures: Tensor) -> Tensor:
        self.measured += len(pictures)
        return MEASURED.expand(len(pictures), -1)


PICTURES = torch.zeros(2, 3, 8, 8)


def encoded(source: Any) -> Tensor:
    return MeasuringEncoder.of(source).encode(PICTURES)


def wanted(factor: AffineFactor, columns: slice) -> Tensor:
    """(2, k): shares of what is measured, the rest of what the vector tells."""
    share = torch.tensor(SHARES[columns])
    return (share * MEASURED[columns] + (1 - share) * factor.read(VECTOR[None])).expand(2, -1)


def test_vectors_hold_what_is_measured_and_else_stay() -> None:
    pose, mouth, eyes = numbers(0, 3), numbers(10, 2), numbers(20, 4)
    vectors = encoded(Face(pose=pose, mouth=mouth, eyes=eyes))
    for factor, columns in ((pose, slice(3)), (mouth, slice(3, 5)), (eyes, slice(5, 9))):
        torch.testing.assert_close(factor.read(vectors), wanted(factor, columns))
    others = [k for k in range(128) if not (k < 3 or 10 <= k < 12 or 20 <= k < 24 or k == 50)]
    assert torch.equal(vectors[:, others], VECTOR[others].expand(2, -1))
    assert not torch.allclose(vectors[:, 50], VECTOR[50])  # what is written along


def test_what_is_not_fitted_is_not_measured() -> None:
    source = Face(pose=WeightsError("fitted for other weights"), mouth=MissingError("none here"))
    assert torch.equal(encoded(source), VECTOR.expand(2, -1))
    assert source.measured == 0


def test_factors_are_steadied_in_time_by_seconds_and_all_else_stays() -> None:
    """A head that trembles from frame to frame at 25 frames a second, with a Gaussian of one frame."""
    pose, mouth = numbers(0, 3), numbers(10, 2)
    encoder = MeasuringEncoder.of(Face(pose=pose, mouth=mouth))
    film = VECTOR.repeat(9, 1)
    film[4, :3] += 8.0
    film[:, 60] = torch.arange(9.0)
    steady = encoder.steadied(film, 25.0)
    bell = torch.exp(-0.5 * torch.arange(-3.0, 4.0) ** 2)
    torch.testing.assert_close(steady[1:8, 0] - VECTOR[0], 8.0 * bell / bell.sum())
    torch.testing.assert_close(steady[:, 1:2] - VECTOR[1], steady[:, :1] - VECTOR[0])
    torch.testing.assert_close(steady[:, 10:12], film[:, 10:12])
    assert torch.equal(steady[:, 60], film[:, 60])
    slower = encoder.steadied(film, 12.5)  # half a frame
    assert float(slower[4, 0] - VECTOR[0]) > 1.5 * float(steady[4, 0] - VECTOR[0])
    torch.testing.assert_close(encoder.steadied(film[:1], 25.0), film[:1])


def test_distances_are_of_what_is_measured() -> None:
    """In deviations: one of the mouth's opening is 0.03, one of the yaw 10 degrees."""
    pose, mouth = numbers(0, 3), numbers(10, 2)
    encoder = MeasuringEncoder.of(Face(pose=pose, mouth=mouth))
    own = encoder.encode(PICTURES[:1])
    opened, turned = own.clone(), own.clone()
    opened[0, 10] += 0.03
    turned[0, 2] += 20.0
    turned[0, 60] += 99.0  # which nobody measures
    found = encoder.squared_distances(torch.cat([own, opened, turned]))
    assert found.tolist() == pytest.approx([0.0, 1.0, 4.0], abs=1e-3)


@pytest.mark.parametrize(("own", "taken"), [(0.25, 0), (0.05, 2)])
def test_no_frame_of_a_blink_is_at_rest_unless_the_source_has_shut_eyes(own: float, taken: int) -> None:
    """A source that squints; lids of a film at 0.4 that blink to 0.26 and to 0.05."""
    eyes = numbers(20, 4)
    encoder = MeasuringEncoder.of(Face(eyes=eyes))
    film = torch.zeros(5, 128)
    film[:, 20:22] = torch.tensor([0.40, 0.26, 0.05, 0.41, 0.42])[:, None] - 1  # numbers() reads one more
    squinting = torch.zeros(1, 128)
    squinting[:, 20:22] = own - 1
    object.__setattr__(encoder, "encode", lambda pictures: squinting)
    far = encoder.squared_distances(film)
    assert int(far.argmin()) == taken
    assert far.isinf().tolist() == ([False, True, True, False, False] if taken == 0 else [False] * 5)


@pytest.mark.parametrize(
    "pose", [numbers(0, 3, scale=0.8), numbers(0, 2), FirstNumbers(("a", "b"))], ids=["no projection", "two", "another"]
)
def test_only_factors_that_read_what_they_write_are_measured(pose: Any) -> None:
    vectors = encoded(Face(pose=pose, mouth=numbers(10, 2)))
    assert torch.equal(vectors[:, :10], VECTOR[:10].expand(2, -1))
    torch.testing.assert_close(vectors[:, 10:12] + 1, wanted(numbers(10, 2), slice(3, 5)))


def test_a_measured_pose_is_corrected_by_itself_and_not_by_what_raw_vectors_tell() -> None:
    factor = AffineFactor(1, ((-90.0, 90.0),))
    factor.reading = Affine(torch.eye(1, 128), torch.zeros(1))
    factor.writing = Affine(torch.eye(128, 1), torch.zeros(128))
    factor.correction = Correction(3 * torch.eye(1, 129), torch.eye(1, 128) / 2)  # frames show a half
    row, rest = torch.eye(1, 128) * 10, torch.zeros(128)
    measured, told = (Transfer(rest, rest, corrected=factor, measured=one)(row)[0, 0] for one in (True, False))
    assert float(measured) == pytest.approx(10 + 0.7 * (10 - 5) / 0.5)
    assert float(told) == pytest.approx(10 + 0.7 * (30 - 5) / 0.5)

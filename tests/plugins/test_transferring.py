"""Motion of another face as offsets: what is amplified, by how much, and where it ends."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.errors import MissingError, WeightsError
from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.correcting import Correction
from x2face_plugins.mappings.transferring import CLOSING, MOST, Amplified, Transfer, makes_up

OWN = torch.zeros(128).index_fill(0, torch.tensor([0]), 3.0)  # the source's numbers are 3 and 0
REST = torch.linspace(-1, 1, 128)


def plain(followed: tuple[float, float] = (0.8, 0.5)) -> AffineFactor:
    """The numbers are a vector's first two; writing them moves the third as well."""
    factor = AffineFactor(2)
    factor.reading = Affine(torch.eye(2, 128), torch.zeros(2))
    factor.writing = Affine(torch.eye(128, 2).index_put((torch.tensor([2]), torch.tensor([0])), torch.ones(1)),
                            torch.zeros(128))  # fmt: skip
    factor.followed = torch.tensor(followed)
    return factor


def moved(*numbers: float) -> torch.Tensor:
    """A vector (1, 128) of a driver whose numbers changed from the rest frame, and something else by 7."""
    change = torch.zeros(128)
    change[: len(numbers)] = torch.tensor(numbers)
    change[100] = 7.0
    return (REST + change)[None]


def offsets(transfer: Transfer, *numbers: float) -> list[float]:
    """The first three numbers of the offset; that of what is not amplified is checked."""
    (row,) = transfer(moved(*numbers))
    assert float(row[100]) == pytest.approx(7.0, abs=1e-5) and float(row[3:100].abs().max()) < 1e-5
    return [round(one, 4) for one in row[:3].tolist()]


def test_what_frames_lose_is_added_within_bounds() -> None:
    assert makes_up(plain()).tolist() == [1.25, MOST]  # 1 / 0.5 would be 2
    assert makes_up(plain((1.3, 1.0))).tolist() == [1.0, 1.0]  # never less than the driver's
    assert MOST == 1.5
    looking = plain((0.25, 0.25))
    looking.hidden = (1,)
    assert makes_up(looking).tolist() == [MOST, 2.0]  # a gaze, which lids hide
    found = offsets(Transfer(OWN, REST, [Amplified(plain(), makes_up(plain()))]), 4.0, 2.0)
    assert found == [5.0, 3.0, 1.0]  # the third goes with what is added to the first


def test_a_gain_of_one_changes_no_bit() -> None:
    transfer = Transfer(OWN, REST, [Amplified(plain(), torch.ones(2))])
    vectors = torch.randn(5, 128, generator=torch.Generator().manual_seed(0))
    assert torch.equal(transfer(vectors), vectors - REST)


def test_numbers_stop_at_the_limits_of_faces() -> None:
    factor = plain()
    factor.limits = torch.tensor([[-1.0, 8.5], [-0.5, 99.0]])
    transfer = Transfer(OWN, REST, [Amplified(factor, torch.tensor([2.0, 2.0]))])
    assert offsets(transfer, 2.0)[0] == 4.0  # 3 + 4 is within
    assert offsets(transfer, 4.0)[0] == 5.5  # 3 + 8 is not: it ends at 8.5
    assert offsets(transfer, 6.0)[0] == 6.0  # the driver's own 3 + 6 is beyond already: nothing is added
    assert offsets(transfer, -3.0)[0] == -4.0  # 3 - 6, at -1
    assert offsets(transfer, 0.0, -1.0)[1] == -1.0


def test_no_limit_holds_what_is_made_less() -> None:
    factor = plain()
    factor.limits = torch.tensor([[10.0, 20.0], [-1.0, 1.0]])  # a source that no limit has room for
    assert offsets(Transfer(OWN, REST, [Amplified(factor, torch.tensor([0.5, 1.0]))]), 4.0)[0] == 2.0


def lids() -> AffineFactor:
    """Two numbers that are shut at 0."""
    factor = plain()
    factor.shut, factor.limits = (0, 1), torch.tensor([[0.0, 9.0], [0.0, 9.0]])
    return factor


@pytest.mark.parametrize(("own", "rest"), [(2.0, 4.0), (4.0, 2.5), (3.0, 3.0)])
def test_measured_lids_are_shut_when_the_drivers_are(own: float, rest: float) -> None:
    source, still = torch.zeros(128), torch.zeros(128)
    source[:2], still[:2] = own, rest
    closing = torch.stack([still * share for share in (1.0, 0.5, 0.0)])  # open, half open, shut
    transfer = Transfer(source, still, [Amplified(lids(), torch.ones(2), measured=True)])
    assert (source + transfer(closing))[:, 0].tolist() == pytest.approx([own, own / 2, 0.0])
    amplified = Transfer(source, still, [Amplified(lids(), torch.full((2,), 1.5), measured=True)])
    shut = (source + amplified(closing))[2, 0]  # frames show two thirds of it
    assert float(shut) == pytest.approx(own - 1.5 * own)
    twice = Transfer(source, still, [Amplified(lids(), torch.full((2,), 3.0), measured=True)])
    assert torch.equal(twice(closing)[2], amplified(closing)[2])  # further, lids would fold and look open
    opening = torch.zeros(1, 128).index_fill(1, torch.tensor([0, 1]), rest + 1)
    assert float((source + transfer(opening))[0, 0]) == pytest.approx(own + 1)  # wider by as much as the driver's
    unmeasured = Transfer(source, still, [Amplified(lids(), torch.ones(2))])
    assert float((source + unmeasured(closing))[2, 0]) == pytest.approx(own - rest)


def test_behind_shut_lids_the_gaze_stays_near_the_sources() -> None:
    factor = lids()
    factor.shut, factor.hidden = (0,), (1,)
    factor.limits = torch.tensor([[0.0, 9.0], [-9.0, 9.0]])
    still = torch.zeros(128).index_fill(0, torch.tensor([0]), 3.0)
    transfer = Transfer(still, still, [Amplified(factor, torch.ones(2), measured=True)])
    looking = torch.zeros(4, 128)
    looking[:, 0], looking[:, 1] = torch.tensor([3.0, 0.05, 0.0, 0.0]), torch.tensor([2.0, 2.0, -2.0, 0.02])
    assert (still + transfer(looking))[:, 1].tolist() == pytest.approx([2.0, (2.0 + 0.03) / 2, -0.03, 0.02], abs=1e-6)


def test_lids_of_very_different_eyes_close_within_bounds() -> None:
    source, still = torch.zeros(128), torch.zeros(128)
    source[:2], still[:2] = 8.0, 1.0
    transfer = Transfer(source, still, [Amplified(lids(), torch.ones(2), measured=True)])
    assert float((source + transfer(torch.zeros(1, 128)))[0, 0]) == pytest.approx(8 - CLOSING[1])


def test_measured_numbers_end_at_the_limits_of_faces() -> None:
    factor = plain()
    factor.limits = torch.tensor([[-1.0, 8.5], [-0.5, 99.0]])
    measured = Transfer(OWN, REST, [Amplified(factor, torch.ones(2), measured=True)])
    assert offsets(measured, 4.0)[0] == 4.0
    assert offsets(measured, 6.0)[0] == 5.5  # 3 + 6 is cut at 8.5
    assert offsets(measured, -6.0)[0] == -4.0  # 3 - 6, at -1
    far = OWN.index_fill(0, torch.tensor([0]), 20.0)  # a source that is beyond already may go back, and no further
    beyond = Transfer(far, REST, [Amplified(factor, torch.ones(2), measured=True)])
    assert [offsets(beyond, change)[0] for change in (4.0, -4.0)] == [0.0, -4.0]


class Fitted:
    """As much of a source as a transfer reads."""

    vector = OWN

    def __init__(self, **factors: Any) -> None:
        self.factors = {"pose": MissingError("no pose")} | factors
        self.asked = list[str]()

    def factor(self, name: str) -> Any:
        self.asked.append(name)
        found = self.factors[name]
        if isinstance(found, Exception):
            raise found
        return found


def of(source: Fitted, amount: float = 1.0, *, raw: bool = False, raw_pose: bool = False) -> Transfer:
    return Transfer.of(source, REST, amount, raw=raw, raw_pose=raw_pose)


def test_the_amount_multiplies_what_is_made_up_for() -> None:
    source = Fitted(mouth=plain(), eyes=plain((1.0, 1.0)))
    assert offsets(of(source), 4.0, 2.0) == [5.0, 3.0, 1.0]
    assert offsets(of(source, raw=True), 4.0, 2.0) == [4.0, 2.0, 0.0]
    mouth = Fitted(mouth=plain(), eyes=FirstNumbers(labels=()))
    assert offsets(of(mouth, 2.0), 4.0, 2.0) == [10.0, 6.0, 6.0]
    assert offsets(of(mouth, 2.0, raw=True), 4.0, 2.0) == [8.0, 4.0, 4.0]
    assert offsets(of(mouth, 0.0), 4.0, 2.0) == [0.0, 0.0, -4.0]


def test_factors_of_others_are_taken_as_they_are() -> None:
    source = Fitted(mouth=FirstNumbers(("a", "b")), eyes=plain((1.0, 1.0)))
    assert offsets(of(source), 4.0, 2.0) == [4.0, 2.0, 0.0]
    assert makes_up(FirstNumbers()).tolist() == [1.0]


@pytest.mark.parametrize("error", [MissingError("none here"), WeightsError("fitted for other weights")])
def test_weights_without_mappings_transfer_as_the_paper_does(error: Exception) -> None:
    source = Fitted(mouth=error, eyes=error)
    assert offsets(of(source), 4.0, 2.0) == [4.0, 2.0, 0.0]
    for amount in (0.0, 0.5, 2.0):
        with pytest.raises(type(error), match=str(error)):
            of(source, amount)


def test_what_is_raw_needs_no_mapping() -> None:
    source = Fitted()
    assert offsets(of(source, raw=True), 4.0, 2.0) == [4.0, 2.0, 0.0]
    assert source.asked == []


def turned() -> AffineFactor:
    """A pose of one number, a vector's second, of which frames show a half."""
    factor = AffineFactor(1, ((-90.0, 90.0),))
    factor.reading = Affine(torch.eye(2, 128)[1:], torch.zeros(1))
    factor.writing = Affine(torch.eye(128, 2)[:, 1:], torch.zeros(128))
    factor.correction = Correction(torch.eye(2, 129)[1:], torch.eye(2, 128)[1:] / 2)
    return factor


def test_the_head_turns_as_far_as_the_drivers() -> None:
    source = Fitted(mouth=plain(), eyes=FirstNumbers(labels=()), pose=turned())
    assert offsets(of(source), 4.0, 2.0) == [5.0, 3.7, 1.0]  # what was made up for counts among what frames show
    assert offsets(of(source, 0.0), 4.0, 2.0) == [0.0, 2.8, -4.0]
    assert offsets(of(source, raw_pose=True), 4.0, 2.0) == [5.0, 3.0, 1.0]
    assert offsets(of(source, raw=True), 4.0, 2.0) == [4.0, 2.0, 0.0]


def test_a_pose_without_a_correction_is_left_as_it_is() -> None:
    for pose in (FirstNumbers(), AffineFactor(3), MissingError("none here"), WeightsError("fitted for other weights")):
        assert offsets(of(Fitted(mouth=plain(), eyes=plain((1.0, 1.0)), pose=pose)), 4.0, 2.0) == [5.0, 3.0, 1.0]

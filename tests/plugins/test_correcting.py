"""Correcting the pose of another person's motion: what is written, how far, and what it is fitted to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.correcting import BOUND, Correction, features
from x2face_plugins.mappings.correction_fitting import measure_correction
from x2face_plugins.mappings.following import Crossing
from x2face_plugins.mappings.transferring import Transfer

Tensor = torch.Tensor
SPAN = 30.0


def angles() -> AffineFactor:
    """The numbers are a vector's first two; writing them moves the third as well."""
    factor = AffineFactor(2, ((-SPAN, SPAN), (-SPAN, SPAN)))
    factor.reading = Affine(torch.eye(2, 128), torch.zeros(2))
    factor.writing = Affine(torch.eye(128, 2).index_put((torch.tensor([2]), torch.tensor([0])), torch.ones(1)),
                            torch.zeros(128))  # fmt: skip
    return factor


def vectors(*numbers: float) -> Tensor:
    return torch.nn.functional.pad(torch.tensor([numbers]), (0, 128 - len(numbers)))


def corrected(told: Tensor, shows: Tensor, vector: Tensor, rest: Tensor | None = None) -> list[float]:
    """The first four numbers of the offset."""
    factor = angles()
    factor.correction = Correction(told, shows)
    transfer = Transfer(torch.ones(128), torch.zeros(128) if rest is None else rest, corrected=factor)
    return [round(one, 4) for one in transfer(vector)[0, :4].tolist()]


def plainly(*told: tuple[int, int, float]) -> Tensor:
    """(2, 131): the numbers as they are read, and shares (number, feature, share) of others."""
    matrix = torch.eye(2, 131)
    for row, column, share in told:
        matrix[row, column] = share
    return matrix


def test_what_frames_show_less_of_is_written_more() -> None:
    shows = torch.diag(torch.tensor([0.8, 1.25]))  # of what offsets hold
    shows = torch.nn.functional.pad(shows, (0, 126))
    assert corrected(plainly(), shows, vectors(8.0, 10.0)) == [9.4, 8.6, 1.4, 0.0]  # 0.7 of the way to 10 and 8


def test_what_another_part_of_the_offset_turns_is_taken_back() -> None:
    shows = torch.eye(2, 128)
    shows[1, 3] = 0.5  # the fourth number, such as an opening mouth, is seen as half of the second
    assert corrected(plainly(), shows, vectors(8.0, 10.0, 0.0, 6.0)) == [8.0, 7.9, 0.0, 6.0]


def test_products_of_the_angles_are_told_from_the_rest_frame() -> None:
    told = plainly((0, 129, 3.0))  # features 128, 129, 130: first², first · second, second²
    assert features(angles(), vectors(15.0, 30.0))[0, 128:].tolist() == [0.25, 0.5, 1.0]
    assert features(angles(), vectors(99.0, 0.0))[0, 128] == 4.0  # no further than twice the span
    assert corrected(told, torch.eye(2, 128), vectors(15.0, 30.0)) == [16.05, 30.0, 1.05, 0.0]
    rest = vectors(15.0, 30.0)[0]
    assert corrected(told, torch.eye(2, 128), vectors(15.0, 30.0), rest) == [0.0, 0.0, 0.0, 0.0]


def test_a_correction_is_bounded() -> None:
    shows = torch.diag(torch.tensor([0.25, 1.0]))
    shows = torch.nn.functional.pad(shows, (0, 126))
    assert corrected(plainly(), shows, vectors(100.0, 0.0))[0] == pytest.approx(100 + BOUND * SPAN / 0.25, rel=1e-4)


def test_without_a_correction_no_bit_changes() -> None:
    rows, rest = torch.randn(5, 128, generator=torch.Generator().manual_seed(0)), torch.ones(128)
    assert torch.equal(Transfer(rest, rest, corrected=angles())(rows), rows - rest)


def test_it_is_stored_and_files_of_earlier_versions_have_none() -> None:
    factor, again = angles(), angles()
    factor.correction = Correction(plainly(), torch.eye(2, 128))
    again.load_state_dict(factor.state_dict())
    assert again.correction is not None and torch.equal(again.correction.told, plainly())
    again.load_state_dict(angles().state_dict())
    assert again.correction is None


# Fitting


class Film:
    """A picture (3, 1, 4) has a face's two numbers, what frames show, and two more; vectors are the whole."""

    side = 4
    reading_scale = torch.ones(7)

    def __init__(self, show: Callable[[Tensor], Tensor], told: Callable[[Tensor], Tensor] = lambda x: x) -> None:
        self.show, self.told = show, told

    def __call__(self, path: object) -> tuple[Tensor, float]:
        raise AssertionError("no film is read")

    def encode(self, pictures: Tensor) -> Tensor:
        return torch.nn.functional.pad(self.told(pictures[:, 0, 0]), (0, 124))

    def read(self, vectors: Tensor) -> Tensor:
        return vectors[:, :7]

    def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
        own = self.encode(picture[None])[0, :4]
        return faces(picture[0, 0] + self.show(vectors[:, :4] - own))


def faces(numbers: Tensor) -> Tensor:
    return numbers[:, None, None, :].expand(-1, 3, 1, 4)


def read(frames: Tensor) -> Tensor:
    return frames[:, 0, 0, :2]


class Moving(Crossing):
    def __init__(self, seed: int, reach: float = 40.0) -> None:
        rng = torch.Generator().manual_seed(seed)
        numbers = reach * (torch.rand(24, 4, generator=rng) - 0.5)
        object.__setattr__(self, "frames", faces(numbers))

    def driving(self) -> Tensor:
        return self.__dict__["frames"]

    def picture(self) -> Tensor:
        return faces(torch.tensor([[1.0, 2.0, 0.0, 0.0]]))[0]


def shown(change: Tensor) -> Tensor:
    """Four fifths of the second number, and three tenths of the fourth in it."""
    mixed = change.clone()
    mixed[:, 1] = 0.8 * change[:, 1] + 0.3 * change[:, 3]
    return mixed


LEARNED = [Moving(seed) for seed in range(12)]
JUDGED = [Moving(seed) for seed in range(20, 24)]


def test_frames_of_people_held_out_follow_better() -> None:
    factor = angles()
    found = measure_correction(factor, Film(shown), LEARNED, JUDGED, read)
    assert found is not None and factor.correction is not None
    before, after = found
    assert float(before.r[1]) < 0.96 and 0.7 < float(before.slope[1]) < 0.9
    assert float(after.r[1]) > 0.98 and abs(float(after.slope[1]) - 1) < 0.1
    assert abs(float(after.slope[0]) - 1) < 0.06 and float(after.r[0]) > 0.98


def test_what_vectors_tell_wrongly_is_learned() -> None:
    """The second number is read with a share of the product of both."""

    def told(numbers: Tensor) -> Tensor:
        vector = numbers.clone()
        vector[:, 1] += 0.02 * numbers[:, 0] * numbers[:, 1]
        return vector

    factor = angles()
    found = measure_correction(factor, Film(lambda change: 0.9 * change, told), LEARNED, JUDGED, read)
    assert found is not None
    assert float(found[1].r[1]) > float(found[0].r[1]) + 0.003


def test_what_does_not_help_is_not_kept() -> None:
    """People held out whose frames do not lack what those learned from do."""

    class Odd(Film):
        def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
            own = self.encode(picture[None])[0, :4]
            change = vectors[:, :4] - own
            return faces(picture[0, 0] + (change if float(picture[0, 0, 0]) == 7 else 0.6 * change))

    class Judged(Moving):
        def picture(self) -> Tensor:
            return faces(torch.tensor([[7.0, 2.0, 0.0, 0.0]]))[0]

    factor = angles()
    found = measure_correction(factor, Odd(shown), LEARNED, [Judged(seed) for seed in range(30, 34)], read)
    assert found is not None and factor.correction is None
    assert float((found[1].slope - 1).abs().mean()) > float((found[0].slope - 1).abs().mean())


@pytest.mark.parametrize("films", [LEARNED[:7], []])
def test_few_films_teach_nothing(films: list[Crossing]) -> None:
    factor = angles()
    assert measure_correction(factor, Film(shown), films, JUDGED, read) is None
    assert factor.correction is None


def test_frames_that_hardly_show_what_is_written_teach_nothing() -> None:
    factor = angles()
    assert measure_correction(factor, Film(lambda change: 0.1 * change), LEARNED, JUDGED, read) is None


def test_frames_without_a_face_teach_nothing() -> None:
    def unseen(frames: Tensor) -> Tensor:
        return torch.full((len(frames), 2), torch.nan)

    assert measure_correction(angles(), Film(shown), LEARNED, JUDGED, unseen) is None

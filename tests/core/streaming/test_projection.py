"""What factors account for of an offset, on vectors of two numbers worked out by hand; s = (1, 2).

first: r(v) = v_1, w(p) = (p, 0). slant: r(v) = v_1 + v_2, w(p) = (0, p).
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.driving import Chunk
from x2face_core.errors import PluginError, UsageError
from x2face_core.streaming.projection import FactorSpace, project_onto, project_out
from x2face_core.streaming.shaping import Shaping
from x2face_core.streaming.vectors import as_vectors

from .hands import Reads, Still, part, vectors_of

S = np.array([1.0, 2.0])
FIRST, SLANT = Still().factor("first"), Still().factor("slant")


def part_of(*offset: float, **factors: Any) -> list[float]:
    (row,) = FactorSpace(factors, S).part(np.array([offset]))
    return [round(number, 5) for number in row.tolist()]


def test_a_factor_accounts_for_what_it_reads_written() -> None:
    assert part_of(3, 4, first=FIRST) == [3, 0]
    assert part_of(3, 4, slant=SLANT) == [0, 7]


def test_two_factors_account_for_what_both_have_to_write_for_both_to_read_it() -> None:
    """slant reads 3 of what first writes, so it has to write 4 and not 7."""
    assert part_of(3, 4, first=FIRST, slant=SLANT) == part_of(3, 4, slant=SLANT, first=FIRST) == [3, 4]


def test_factors_that_read_the_same_cannot_be_told_apart() -> None:
    with pytest.raises(UsageError, match="first and twin cannot be told apart"):
        part_of(3, 4, first=FIRST, twin=Reads([[1.0, 0.0]], [[1.0, 0.0]]))


def test_what_a_driver_holds_stays_the_sources() -> None:
    assert vectors_of(part([[0, 0], [3, 4]], holds=("first",))) == [[1, 2], [1, 6]]


def test_a_driver_without_a_factor_leaves_it_and_one_with_only_it_leaves_the_rest() -> None:
    rows = [[0.0, 0.0], [3.0, 4.0]]
    assert vectors_of(part(rows, shaping=Shaping(without=("first",)))) == [[1, 2], [1, 6]]
    assert vectors_of(part(rows, shaping=Shaping(only=("first",)))) == [[1, 2], [4, 2]]
    assert vectors_of(part(rows, shaping=Shaping(only=("slant",)))) == [[1, 2], [1, 9]]


def test_absolute_vectors_are_shaped_as_their_offsets_are() -> None:
    absolute = part([[1, 2], [4, 6]], relative=False, shaping=Shaping(only=("first",)))
    assert vectors_of(absolute) == [[1, 2], [4, 2]]


def test_the_motion_of_one_driver_and_a_factor_of_another_add_up_in_any_order() -> None:
    head = [[3.0, 4.0], [5.0, 6.0]], Shaping(without=("first",))  # leaves (0, 4), (0, 6)
    mouth = [[7.0, 9.0], [8.0, 9.0]], Shaping(only=("first",))  # leaves (7, 0), (8, 0)
    idle = [[0.5, 0.25]] * 2, Shaping(weight=2)
    for order in permutations((head, mouth, idle)):
        assert vectors_of(*(part(rows, shaping=shaping) for rows, shaping in order)) == [[9, 6.5], [10, 8.5]]


def test_what_a_driver_holds_stays_whatever_is_taken_of_it() -> None:
    held = part([[3, 4]], holds=("first",), shaping=Shaping(only=("first", "slant")))
    assert vectors_of(held) == [[1, 6]]
    assert vectors_of(part([[3, 4]], holds=("first",), shaping=Shaping(only=("first",)))) == [[1, 2]]


def test_taking_out_twice_is_taking_out_once() -> None:
    space = FactorSpace({"first": FIRST, "slant": Reads([[0.2, 1.0]], [[0.0, 1.0]])}, S)
    once = list(project_out([Chunk(np.array([[3.0, 4.0]]), 10.0)], space))
    (twice,) = project_out(once, space)
    np.testing.assert_allclose(as_vectors(once[0].vectors), as_vectors(twice.vectors), atol=1e-5)


def test_a_part_and_what_is_left_make_the_whole() -> None:
    space, chunk = FactorSpace({"slant": SLANT}, S), Chunk(np.array([[3.0, 4.0], [-1.0, 0.5]]), 10.0)
    (one,), (other,) = project_onto([chunk], space), project_out([chunk], space)
    np.testing.assert_allclose(as_vectors(one.vectors) + as_vectors(other.vectors), as_vectors(chunk.vectors))


def test_a_factor_that_is_no_line_is_projected_by_its_own_read_and_write() -> None:
    class Cubic(Reads):
        def read(self, vectors: torch.Tensor) -> torch.Tensor:
            return vectors[:, :1] ** 3

        def write(self, values: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.pad(values.sign() * values.abs() ** (1 / 3), (0, 1))

    assert part_of(1, 4, cubic=Cubic([], [])) == [1, 0]


@pytest.mark.parametrize(("write", "fault"), [("text", "failed"), (np.nan, "not finite"), (None, "shape")])
def test_a_mapping_that_fails_while_it_projects_is_named(write: Any, fault: str) -> None:
    class Broken(Reads):
        def write(self, values: Any) -> Any:
            return torch.zeros(1) if write is None else torch.full((1, 2), write)

    with pytest.raises(PluginError, match=f"mapping 'first'.*{fault}"):
        FactorSpace({"first": Broken([[1.0, 0.0]], [])}, np.zeros(2))

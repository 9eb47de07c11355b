"""Weight, start and stop of a driver, worked out by hand."""

from __future__ import annotations

import pytest

from x2face_core.streaming.shaping import Shaping, names

from .hands import part, vectors_of

ONES = [[1.0, 0.0]] * 12  # offsets; the source's vector is (1, 2)


def firsts(**shaping: float) -> list[float]:
    """What is added to the vector's first number at 0, 0.1, … seconds."""
    return [round(row[0] - 1, 6) for row in vectors_of(part(ONES, shaping=Shaping(**shaping)))]


def test_a_driver_is_taken_as_it_is() -> None:
    assert firsts() == [1] * 12


def test_a_weight_scales_the_offset_and_may_turn_it_round() -> None:
    assert firsts(weight=0.25) == [0.25] * 12
    assert firsts(weight=-2) == [-2] * 12


def test_a_driver_comes_in_over_a_fifth_of_a_second_after_its_start() -> None:
    assert firsts(start=0.5) == [0, 0, 0, 0, 0, 0, 0.5, 1, 1, 1, 1, 1]


def test_a_driver_is_out_at_its_stop_and_goes_over_a_fifth_of_a_second() -> None:
    assert firsts(stop=0.5) == [1, 1, 1, 1, 0.5, 0, 0, 0, 0, 0, 0, 0]


def test_a_window_that_is_shorter_than_its_slopes_is_no_jump() -> None:
    assert firsts(start=0.2, stop=0.5, weight=2) == [0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]


def test_the_slope_is_smooth() -> None:
    share = Shaping(start=0).share
    assert [share(seconds) for seconds in (0, 0.05, 0.1, 0.15, 0.2)] == pytest.approx([0, 5 / 32, 0.5, 27 / 32, 1])


def test_the_film_goes_on_after_a_driver_s_stop() -> None:
    assert len(firsts(stop=0.1)) == 12


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"start": 2.0, "stop": 1.0}, "start 2 is not before stop 1"),
        ({"only": ("pose", "mouth"), "without": ("mouth",)}, "mouth cannot be among both only and without"),
    ],
)
def test_what_does_not_go_together_is_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Shaping(**wrong)


def test_factors_are_listed_with_commas_or_one_by_one() -> None:
    assert names("pose, mouth") == names(("pose", "mouth,pose")) == ("pose", "mouth")
    assert names(()) == ()

"""Motion across people: what of the driver's shows in the generated face, a person at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from x2face_lab.evaluation.across import LEAST, CrossDriving, people_followed
from x2face_lab.evaluation.figures import across
from x2face_lab.evaluation.readers import MEASURES

NOTHING = torch.zeros(1)
SCALES = LEAST * 4


def film(gain: float | np.ndarray, person: str = "anna", frames: int = 40, scale: float = 1.0) -> CrossDriving:
    """Whoever is driven does `gain` of what the driver does."""
    driver = np.random.default_rng(frames).normal(size=(frames, len(MEASURES))) * SCALES * scale
    return CrossDriving(driver, driver * gain, NOTHING, (NOTHING, NOTHING), person=person)


def test_correlation_and_slope_are_those_of_the_measures() -> None:
    assert film(0.5).correlations() == pytest.approx(np.array([[1, 0.5]] * len(MEASURES)))
    assert film(-2).correlations()[MEASURES.index("gaze_x")] == pytest.approx([-1, -2])


def test_a_driver_who_hardly_moves_tells_nothing() -> None:
    assert np.isnan(film(1, scale=0.1).correlations()).all()
    assert np.isnan(film(1, frames=7).correlations()).all()


def test_what_the_reader_does_not_know_leaves_the_rest_alone() -> None:
    one = film(0.5)
    gazeless = CrossDriving(one.driver * ([1] * 7 + [np.nan]), one.generated, NOTHING, (NOTHING, NOTHING))
    rows = gazeless.correlations()
    assert np.isnan(rows[7]).all()
    assert rows[:7, 1] == pytest.approx([0.5] * 7)
    assert gazeless.found == 1


def test_frames_without_a_face_count_as_not_found() -> None:
    one = film(1, frames=4)
    one.generated[1] = np.nan
    assert one.found == 0.75


def test_a_person_counts_once_however_many_films_they_drive() -> None:
    moved = [film(0.2), film(0.6), film(0.8, "ben"), film(1.0, "cleo")]
    people = people_followed(moved)
    assert people[:, 0, 1] == pytest.approx([0.4, 0.8, 1.0])
    assert across(moved, "mesh")["across_slopes"]["roll"] == {"r": 1, "slope": 0.8}


def test_a_film_too_still_in_one_measure_is_left_out_of_that_one_alone() -> None:
    lively, still_eyes = film(0.5), film(1.0)
    for part in (still_eyes.driver, still_eyes.generated):
        part[:, MEASURES.index("eye_left")] = 0.3
    slopes = people_followed([lively, still_eyes])[0, :, 1]
    assert slopes[MEASURES.index("eye_left")] == pytest.approx(0.5)
    assert slopes[MEASURES.index("yaw")] == pytest.approx(0.75)


def test_the_figures_have_the_names_of_the_contract() -> None:
    found = across([film(0.5, person) for person in "abc"], "mesh")
    wanted = {"yaw", "pitch", "roll", "mouth_open", "mouth_width", "eye_left", "eye_right", "gaze_x"}
    assert set(found["across"]) == set(found["across_slopes"]) == set(found["across_interval"]) == wanted
    assert found["across_slopes"]["gaze_x"] == {"r": 1, "slope": 0.5}
    assert found["across_interval"]["yaw"]["slope"] == [0.5, 0.5]
    assert found["across_people"]["yaw"] == 3
    assert (found["across_found"], found["across_read_by"]) == (1, "mesh")


def test_a_measure_that_nobody_moves_is_left_out() -> None:
    one = film(1)
    one.driver[:, MEASURES.index("gaze_x")] = 0
    assert "gaze_x" not in across([one], "mesh")["across"]
    assert across([], "mesh") == {}

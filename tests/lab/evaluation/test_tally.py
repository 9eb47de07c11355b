"""Figures by person and by frame, and their intervals, on numbers small enough to work out."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_lab.evaluation.figures import fidelity, keypoints
from x2face_lab.evaluation.intervals import interval
from x2face_lab.evaluation.tally import Tally


def tally_of(**people: dict[str, list[float]]) -> Tally:
    tally = Tally()
    for person, measures in people.items():
        for name, values in measures.items():
            tally.add(person, name, values)
    return tally


def test_a_person_with_many_frames_counts_once_by_person() -> None:
    tally = tally_of(
        anna={"l1_1": [0.1] * 6, "copy_1": [0.2] * 6},  # six frames of ratio 0.5
        ben={"l1_1": [0.3, 0.3], "copy_1": [0.3, 0.3]},  # two frames of ratio 1
    )
    assert tally.means("l1_1") == pytest.approx([0.1, 0.3])
    assert tally.mean("l1_1") == pytest.approx((6 * 0.1 + 2 * 0.3) / 8)
    assert tally.ratios("l1_1", "copy_1") == pytest.approx([0.5, 1])
    found = fidelity(tally)
    assert found["ratio_1"] == pytest.approx(1.2 / 1.8, abs=1e-5)
    assert found["ratio_1_by_person"] == pytest.approx(0.75)
    assert "ratio_3" not in found and "regions" not in found and "inside" not in found


def test_people_who_hardly_move_are_not_among_those_who_do() -> None:
    still = {"l1_1": [0.02], "copy_1": [0.02]}
    tally = tally_of(anna={"l1_1": [0.1], "copy_1": [0.2]}, ben=still, cleo={"l1_1": [0.3], "copy_1": [0.3]})
    found = fidelity(tally)
    assert (found["moving_people"], found["ratio_1_moving_by_person"]) == (2, 0.75)
    assert found["ratio_1_by_person"] == pytest.approx((0.5 + 1 + 1) / 3, abs=1e-5)
    assert "moving_people" not in fidelity(tally_of(ben=still))


def test_a_person_without_a_measure_is_left_out_of_its_mean() -> None:
    tally = tally_of(anna={"l1_1": [0.2], "inside_l1": [0.1], "inside_copy": [0.4]}, ben={"l1_1": [0.4]})
    assert np.isnan(tally.ratios("inside_l1", "inside_copy")[1])
    found = fidelity(tally)
    assert found["inside_by_person"] == found["inside"] == 0.25
    assert found["l1_1_by_person"] == pytest.approx(0.3)


def test_values_that_are_not_numbers_are_not_counted() -> None:
    tally = tally_of(anna={"akd": [1.0, float("nan"), 3.0]})
    assert (tally.count("akd"), tally.mean("akd")) == (2, 2)
    assert np.isnan(tally.mean("psnr"))


def test_the_gain_of_three_sources_is_each_persons_own() -> None:
    tally = tally_of(
        anna={"l1_1": [0.1], "l1_3": [0.05], "copy_1": [0.2], "copy_3": [0.1]},
        ben={"l1_1": [0.3], "l1_3": [0.3], "copy_1": [0.3], "copy_3": [0.6]},
    )
    found = fidelity(tally)
    assert found["gain_3_by_person"] == pytest.approx((0.5 + 0) / 2)
    assert found["gain_3"] == pytest.approx(1 - 0.35 / 0.4)
    assert found["ratio_3_by_person"] == pytest.approx(0.5)


def test_sharpness_is_that_of_the_fused_beside_the_best_single_source() -> None:
    found = fidelity(tally_of(anna={"sharp_fused": [0.03, 0.03], "sharp_best": [0.04, 0.04]}))
    assert found["sharpness_3"] == found["sharpness_3_by_person"] == 0.75


def test_each_region_has_its_l1_and_that_of_copying() -> None:
    rows = {f"{region}_{kind}": [0.1, 0.3] for region in ("face", "near", "far") for kind in ("l1", "copy")}
    found = fidelity(tally_of(anna=rows, ben=rows | {"near_copy": [0.8]}, cleo=rows))
    assert found["regions"]["face"] == {"l1": 0.2, "copy": 0.2}
    assert found["regions"]["near"]["copy"] == pytest.approx((0.1 + 0.3 + 0.8 + 0.1 + 0.3) / 5)
    assert found["regions_by_person"]["near"]["copy"] == pytest.approx((0.2 + 0.8 + 0.2) / 3)
    assert found["regions_by_person_interval"]["far"] == {"l1": [0.2, 0.2]}


def test_missing_keypoints_are_a_share() -> None:
    assert keypoints(tally_of(anna={"missing": [1, 0, 0, 0]}))["mkr"] == 0.25


def test_people_who_are_all_alike_leave_no_doubt() -> None:
    assert interval(np.array([0.7, 0.7, 0.7, np.nan])) == pytest.approx([0.7, 0.7])


def test_two_people_have_no_interval() -> None:
    assert interval(np.array([0.7, 0.8, np.nan])) is None


def test_an_interval_is_the_same_at_every_call_and_narrows_with_more_people() -> None:
    few = np.random.default_rng(0).normal(size=10)
    low, high = interval(few) or []
    assert [low, high] == interval(few)
    assert low < few.mean() < high
    standard_error = few.std() / np.sqrt(10)
    assert high - low == pytest.approx(2 * 1.96 * standard_error, rel=0.15)  # as the normal distribution has it
    more = interval(np.tile(few, 16)) or []
    assert more[1] - more[0] == pytest.approx((high - low) / 4, rel=0.1)


def test_the_interval_of_a_median_lies_between_the_values() -> None:
    low, high = interval(np.array([0.0, 1.0, 2.0, 3.0, 100.0]), np.median) or []
    assert 0 <= low <= 2 <= high <= 100

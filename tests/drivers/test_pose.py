"""The pose driver: tables, sweeps, and what it adds to the source's vector."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.interpolate import PchipInterpolator

from tests.drivers.streams import vectors
from x2face_core.errors import InputError, MissingError, UsageError
from x2face_core.sources.source import ModelSource
from x2face_core.streaming.active import ActiveDriver
from x2face_core.streaming.composing import compose
from x2face_pose import Settings
from x2face_pose.courses import course_of
from x2face_pose.curves import Curve
from x2face_pose.driver import PoseDriver
from x2face_pose.fitting import Affine
from x2face_pose.mapping import PoseMapping


def plain() -> PoseMapping:
    """The angles are a vector's first three numbers, in units of 10 degrees."""
    mapping = PoseMapping()
    scale = torch.pi / 18
    mapping.reading = Affine(torch.eye(3, 128) * scale, torch.zeros(3))
    mapping.writing = Affine(torch.eye(128, 3) / scale, torch.ones(128) * (torch.arange(128) >= 3))
    return mapping


@pytest.fixture
def source(tiny_model: Any) -> ModelSource:
    still = ModelSource.of(tiny_model, torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    mapping = plain()
    return replace(still, load_mapping=lambda name: {"pose": mapping}[name])


def turned(settings: Settings, source: ModelSource) -> np.ndarray:
    """(n, 3) degrees by which the head has turned."""
    rows = vectors(PoseDriver(settings), source)
    return 10 * (rows - source.vector if settings.absolute else rows)[:, :3].double().numpy()


def table(folder: Path, *rows: str, header: str = "seconds,roll,pitch,yaw") -> Path:
    path = folder / "poses.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_head_is_asked_for_as_much_more_as_frames_show_less(source: ModelSource) -> None:
    mapping = source.load_mapping("pose")
    assert isinstance(mapping, PoseMapping)
    mapping.shown = torch.tensor([1.0, 0.75, 0.8])
    angles = turned(Settings(roll="5", pitch="12", yaw="40", seconds=0.1), source)
    np.testing.assert_allclose(angles[-1], [5, 16, 40 + 0.25 * 25], atol=1e-4)


# Sweeps


def test_a_sweep_goes_once_and_linearly_from_the_first_frame_to_the_last(source: ModelSource) -> None:
    degrees = turned(Settings(yaw="-25:25", seconds=2.0), source)
    np.testing.assert_allclose(degrees[:, 2], np.linspace(-25, 25, 50), atol=1e-4)
    np.testing.assert_allclose(degrees[:, :2], 0, atol=1e-4)


def test_sweeps_last_four_seconds_unless_told(source: ModelSource) -> None:
    assert len(turned(Settings(pitch="0:10"), source)) == 100


def test_keyframes_are_spaced_evenly_and_reached(source: ModelSource) -> None:
    yaw = turned(Settings(yaw="0,20,-20,0", seconds=31 / 25), source)[:, 2]
    np.testing.assert_allclose(yaw[[0, 10, 20, 30]], [0, 20, -20, 0], atol=1e-4)
    assert yaw.max() <= 20 + 1e-4


def test_axes_sweep_together(source: ModelSource) -> None:
    degrees = turned(Settings(roll="0:10", pitch="5:-5", yaw="7", seconds=1.0), source)
    np.testing.assert_allclose(degrees[-1], [10, -5, 7], atol=1e-4)


def test_one_frame_is_the_first(source: ModelSource) -> None:
    np.testing.assert_allclose(turned(Settings(yaw="-8:8", seconds=0.02), source), [[0, 0, -8]], atol=1e-4)


def test_the_films_own_rate_is_kept(source: ModelSource) -> None:
    (chunk,) = PoseDriver(Settings(yaw="0:5", seconds=2.0)).drive(source.at(30))
    assert chunk.fps == 30
    assert len(chunk.vectors) == 60


@pytest.mark.parametrize("text", ["a:b", "1:2:3", "", "1,,2", "nan", "10:inf", "1;2"])
def test_what_is_no_sweep_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--pose-pitch"):
        PoseDriver(Settings(pitch=text))


@pytest.mark.parametrize("text", ["61", "0:-75", "0,90,0"])
def test_angles_beyond_all_faces_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="beyond 60 degrees"):
        PoseDriver(Settings(yaw=text))


def test_something_has_to_say_how_the_head_turns() -> None:
    with pytest.raises(UsageError, match=r"--pose FILE\.csv"):
        PoseDriver(Settings())


def test_table_and_sweep_are_not_both(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--pose-yaw"):
        PoseDriver(Settings(input=table(tmp_path, "0,0,0,0"), yaw="1:2"))


def test_a_table_says_itself_how_long_it_lasts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--pose-seconds"):
        PoseDriver(Settings(input=table(tmp_path, "0,0,0,0", "1,0,0,0"), seconds=2.0))


# Tables


def test_each_row_of_a_table_is_reached_at_its_second(tmp_path: Path, source: ModelSource) -> None:
    path = table(tmp_path, "0,1,2,3", "0.4,5,-6,7", "1,0,0,-20")
    degrees = turned(Settings(input=path), source)
    assert len(degrees) == 26
    np.testing.assert_allclose(degrees[[0, 10, 25]], [[1, 2, 3], [5, -6, 7], [0, 0, -20]], atol=1e-4)


def test_before_the_first_row_the_head_waits_there(tmp_path: Path, source: ModelSource) -> None:
    degrees = turned(Settings(input=table(tmp_path, "0.4,0,0,8", "0.8,0,0,0")), source)
    np.testing.assert_allclose(degrees[:11, 2], 8, atol=1e-4)


def test_a_table_of_one_row_is_held(tmp_path: Path, source: ModelSource) -> None:
    path = table(tmp_path, "0,0,0,8")
    assert len(turned(Settings(input=path), source)) == 100
    np.testing.assert_allclose(turned(Settings(input=path, seconds=1.0), source)[:, 2], [8] * 25, atol=1e-4)


def test_a_table_may_leave_axes_out_and_come_from_a_spreadsheet(tmp_path: Path, source: ModelSource) -> None:
    path = table(tmp_path, "5, 0 ", "", "-5,0.2", header="\ufeffYaw, Seconds")
    degrees = turned(Settings(input=path), source)
    np.testing.assert_allclose(degrees[[0, -1]], [[0, 0, 5], [0, 0, -5]], atol=1e-4)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["0,0,0,0", "1,0,x,0"], "line 3: pitch is 'x'"),
        (["0,0,0,nan"], "line 2: yaw is 'nan'"),
        (["0,0,0,0", "0,0,0,1"], "line 3: seconds is 0, after 0"),
        (["-1,0,0,0"], "line 2: seconds is -1"),
        (["0,0,0,0", "1,-61,0,0"], "line 3: roll is -61"),
        (["0,0,0"], "line 2: expected seconds,roll,pitch,yaw, found '0,0,0'"),
        ([], "no row"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_its_line(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PoseDriver(Settings(input=table(tmp_path, *rows)))


@pytest.mark.parametrize("header", ["", "time,roll,pitch,yaw", "seconds", "seconds,yaw,yaw", "seconds,yaw,nod"])
def test_other_headers_are_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(InputError, match="line 1"):
        PoseDriver(Settings(input=table(tmp_path, "0,0,0,0", header=header)))


def test_a_table_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.csv: there is no such file"):
        PoseDriver(Settings(input=tmp_path / "gone.csv"))


def test_curves_are_the_monotone_cubics_of_the_field() -> None:
    random = np.random.default_rng(0)
    for count in (2, 3, 9):
        times = np.cumsum(random.uniform(0.1, 1, count))
        values = random.normal(size=count).round(1)
        at = np.linspace(times[0], times[-1], 101)
        np.testing.assert_allclose(Curve(times, values)(at), PchipInterpolator(times, values)(at), atol=1e-12)


def test_curves_never_overshoot() -> None:
    curve = Curve(np.array([0.0, 1, 1.1, 4]), np.array([0.0, 10, 10, -5]))
    values = curve(np.linspace(0, 4, 400))
    assert values.max() <= 10 + 1e-9
    assert values.min() >= -5 - 1e-9


def test_a_course_of_hours_is_not_made_beforehand(source: ModelSource) -> None:
    course = course_of(Settings(yaw="0:1", seconds=1e7))
    assert course.frames(25) == 250_000_000
    chunk = next(iter(PoseDriver(Settings(yaw="0:1", seconds=1e7)).drive(source)))
    assert len(chunk.vectors) <= 1000


# What it does to vectors


def test_asked_for_no_turn_the_source_stays_as_it_is(source: ModelSource) -> None:
    assert not vectors(PoseDriver(Settings(yaw="0", pitch="0", roll="0", seconds=0.2)), source).any()


def test_asked_for_its_own_pose_the_source_stays_as_it_is(tmp_path: Path, source: ModelSource) -> None:
    own = plain().read(source.vector[None])[0]
    row = "0," + ",".join(f"{float(angle):.9g}" for angle in own)
    rows = vectors(PoseDriver(Settings(input=table(tmp_path, row), absolute=True, seconds=0.2)), source)
    torch.testing.assert_close(rows, source.vector.expand(5, -1), atol=1e-5, rtol=0)


def test_absolute_angles_are_the_heads_own_and_the_others_stay(source: ModelSource) -> None:
    driver = PoseDriver(Settings(yaw="12", absolute=True, seconds=0.04))
    assert driver.relative is False
    own, (read,) = plain().read(source.vector[None])[0], plain().read(vectors(driver, source))
    torch.testing.assert_close(read, torch.stack([own[0], own[1], torch.tensor(12.0)]), atol=1e-4, rtol=0)


def test_only_the_poses_part_of_the_vector_changes(source: ModelSource) -> None:
    rows = vectors(PoseDriver(Settings(yaw="20", seconds=0.04)), source)
    assert rows[:, 2].abs().min() > 1
    assert not rows[:, 3:].any()


def test_absolute_or_not_the_film_is_the_same_where_the_angles_say_so(source: ModelSource) -> None:
    yaw = float(plain().read(source.vector[None])[0, 2])
    asked = (Settings(yaw="0:9", seconds=0.4), Settings(yaw=f"{yaw:.7g}:{yaw + 9:.7g}", seconds=0.4, absolute=True))
    films = []
    for settings in asked:
        driver = PoseDriver(settings)
        composed = compose([ActiveDriver.of(driver)], source)
        films.append(np.stack([row.vector for row in composed.rows]))
        assert composed.frames == driver.frames == 10
    np.testing.assert_allclose(films[0], films[1], atol=1e-4)


def test_poses_that_the_networks_never_met_are_told(source: ModelSource) -> None:
    driver = PoseDriver(Settings(yaw="0:50", pitch="5", absolute=True))
    vectors(driver, source)
    assert [("50 degrees of yaw" in warning) for warning in driver.warnings] == [True]


def test_without_the_mapping_the_error_says_what_fits_it(tiny_model: Any) -> None:
    source = ModelSource.of(tiny_model, torch.zeros(1, 3, 32, 32))
    with pytest.raises(MissingError):
        vectors(PoseDriver(Settings(yaw="0:1")), source)

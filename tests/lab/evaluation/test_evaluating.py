"""Evaluation on drawn people, by untrained networks and by one that only copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.weights import WeightsInfo
from x2face_lab.evaluation.across import Moved, drive_across, summary
from x2face_lab.evaluation.evaluating import evaluate, rounded
from x2face_lab.evaluation.readers import MEASURES, Seen, VectorReader
from x2face_lab.evaluation.reconstruction import reconstruct
from x2face_lab.evaluation.tracks import clips_of, read_clip, spread


@pytest.fixture
def copier() -> X2Face:
    """Networks whose flows are zero: every frame they generate is the source."""
    dims = Dims(side=32, flow_side=16, width=4, padding="border")
    networks = X2FaceNetworks(dims)
    for decoder in (networks.embedding.decoder, networks.driving.decoder):
        torch.nn.init.zeros_(decoder.last.conv.weight)
    info = WeightsInfo("copier", "light", dims.to_dict(), "0" * 16, "0" * 64, {})
    return X2Face(networks, info, reading=(torch.eye(7, 128), torch.zeros(7), torch.ones(7)))


def test_a_network_that_copies_has_ratio_one(copier: X2Face, face_folder: Path) -> None:
    clips = clips_of(FaceFolder(face_folder), "test")
    figures = reconstruct(copier, clips).figures()
    assert figures["ratio_1"] == pytest.approx(1, abs=1e-3)
    assert figures["l1_1"] == pytest.approx(figures["copy_1"], abs=1e-4)


def test_copying_is_the_mean_difference_from_the_first_frame(copier: X2Face, face_folder: Path) -> None:
    clip = clips_of(FaceFolder(face_folder), "test")[0]
    pictures = read_clip(clip.path, clip.frames)
    sums = reconstruct(copier, [clip])
    by_hand = float((pictures - pictures[:1]).abs().mean())
    assert sums.figures()["copy_1"] == pytest.approx(by_hand, rel=1e-4)
    assert sums.frames == clip.frames


def test_evaluating_tells_every_figure_of_the_contract(tiny_model: X2Face, face_folder: Path) -> None:
    found = evaluate(tiny_model, face_folder)
    wanted = {"clips", "people", "l1_1", "l1_3", "copy_1", "copy_3", "ratio_1", "ratio_3", "gain_3", "psnr", "ssim"}
    assert wanted <= set(found.figures)
    assert (found.figures["clips"], found.figures["people"]) == (2, 1)
    assert {len(values) for values in found.figures["pose"].values()} == {3}
    assert not {"control", "audio"} & set(found.figures)
    assert [note.split(" is ")[0] for note in found.notes if "measured" in note] == ["control", "audio"]


def test_a_fitted_pose_is_controlled_and_silent_clips_are_named(tiny_model: X2Face, face_folder: Path) -> None:
    found = evaluate(
        tiny_model, face_folder, load_mapping={"pose": FirstNumbers()}.__getitem__, reader=VectorReader(tiny_model)
    )
    assert set(found.figures["control"]) == {"roll", "pitch", "yaw"}
    assert {"slope", "r", "spill"} <= set(found.figures["control"]["yaw"])
    assert "identity" not in found.figures
    assert found.notes[-1].startswith("audio is not measured") and "in sync" in found.notes[-1]


def test_a_mapping_that_cannot_read_poses_controls_none(tiny_model: X2Face, face_folder: Path) -> None:
    found = evaluate(tiny_model, face_folder, load_mapping=lambda name: AudioOnly(), reader=VectorReader(tiny_model))
    assert "control" not in found.figures


class AudioOnly:
    """No Factor: it cannot read."""


class Landmarking(VectorReader):
    """Finds everybody's landmarks in the same place."""

    def look(self, pictures: torch.Tensor) -> Seen:
        same = np.random.default_rng(0).uniform(size=(68, 3))
        return Seen(self.read(pictures), np.repeat(same[None], len(pictures), axis=0))


def test_identity_is_measured_by_a_reader_that_knows_landmarks(tiny_model: X2Face, face_folder: Path) -> None:
    found = evaluate(tiny_model, face_folder, "train", reader=Landmarking(tiny_model))
    assert found.figures["identity"]["to_source"] == pytest.approx(0, abs=1e-6)


def test_figures_that_nothing_tells_are_left_out() -> None:
    assert rounded({"a": float("nan"), "b": 0.12345, "lag": 2}) == {"b": 0.123, "lag": 2}


def test_a_driver_that_is_the_source_reads_alike(copier: X2Face, face_folder: Path) -> None:
    clip = clips_of(FaceFolder(face_folder), "test")[0]
    pictures = read_clip(clip.path, clip.frames)
    moved = drive_across(copier, pictures[0], pictures, VectorReader(copier))
    assert moved.generated[0] == pytest.approx(moved.driver[0], abs=1e-3)
    assert moved.found == 1


def test_correlation_and_slope_are_those_of_the_measures() -> None:
    driver = np.random.default_rng(0).normal(size=(40, len(MEASURES))) * [5, 5, 5, 0.05]
    nothing = torch.zeros(1)
    halved = Moved(driver, driver / 2, nothing, (nothing, nothing))
    assert halved.correlations() == pytest.approx(np.array([[1, 0.5]] * len(MEASURES)))
    still = Moved(driver * 0.01, driver, nothing, (nothing, nothing))
    assert np.isnan(still.correlations()).all()


def test_the_summary_is_the_median_over_films() -> None:
    driver = np.random.default_rng(1).normal(size=(40, len(MEASURES))) * [5, 5, 5, 0.05]
    nothing = torch.zeros(1)
    films = [Moved(driver, driver * gain, nothing, (nothing, nothing)) for gain in (0.2, 0.5, 1.5)]
    assert summary(films)["slope"]["yaw"] == pytest.approx(0.5)
    assert summary([]) == {}


def test_frames_without_a_face_count_as_not_found() -> None:
    driver = np.zeros((4, len(MEASURES)))
    generated = driver.copy()
    generated[1] = np.nan
    nothing = torch.zeros(1)
    assert Moved(driver, generated, nothing, (nothing, nothing)).found == 0.75


def test_clips_are_taken_from_people_in_turn(face_folder: Path) -> None:
    chosen = list(spread(FaceFolder(face_folder).clips, 6))
    assert len({clip.identity for clip in chosen}) == 6


def test_a_split_without_long_clips_is_refused(face_folder: Path) -> None:
    with pytest.raises(InputError, match="no clip of the split 'test' has 99 frames"):
        clips_of(FaceFolder(face_folder), "test", least=99)

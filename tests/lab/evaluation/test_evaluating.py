"""Evaluation on drawn people, by untrained networks and by one that only copies."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.factors import FirstNumbers, Followed
from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError
from x2face_core.identity.encoding import IdentityEncoder
from x2face_core.model import X2Face
from x2face_core.networks.dims import Dims
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.pixels import to_tensor
from x2face_core.sources.source import ModelSource
from x2face_core.weights import WeightsInfo
from x2face_lab.comparison.methods import Ours
from x2face_lab.comparison.takes import take_of
from x2face_lab.evaluation.across import drive_across
from x2face_lab.evaluation.evaluating import evaluate
from x2face_lab.evaluation.figures import fidelity, rounded
from x2face_lab.evaluation.inside import measure_eyes, measure_inside
from x2face_lab.evaluation.readers import MEASURES, Readings, VectorReader
from x2face_lab.evaluation.reading import PoseRead, pose_figures
from x2face_lab.evaluation.reconstruction import EVERY, reconstruct
from x2face_lab.evaluation.regions import between_lips, eyes, regions_of
from x2face_lab.evaluation.tally import Tally
from x2face_lab.evaluation.tracks import Film, clips_of, one_each_in_turn, read_clip, read_film
from x2face_lab.evaluation.truth import Truth, truth_of

from ...tracks import Look, draw, landmarks, look_of


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
    folder = FaceFolder(face_folder)
    figures = fidelity(reconstruct(copier, folder, clips_of(folder, "test")).tally)
    assert figures["ratio_1"] == pytest.approx(1, abs=1e-3)
    assert figures["l1_1"] == pytest.approx(figures["copy_1"], abs=1e-4)
    for region in figures["regions"].values():
        assert region["l1"] == pytest.approx(region["copy"], abs=1e-4)


def test_the_identity_of_a_copy_is_as_far_away_as_that_of_the_source(copier: X2Face, face_folder: Path) -> None:
    folder, encoder = FaceFolder(face_folder), IdentityEncoder.load(device="cpu")
    clip = clips_of(folder, "test")[0]
    figures = fidelity(reconstruct(copier, folder, [clip], encoder=encoder).tally)
    assert figures["aed"] == pytest.approx(figures["aed_source"], abs=1e-2)
    pictures = read_clip(clip.path, clip.frames)
    measured, source = encoder.embed(pictures[EVERY :: 2 * EVERY]), encoder.embed(pictures[:1])
    assert figures["aed_source"] == pytest.approx(float((measured - source).norm(dim=1).mean()), abs=1e-3)


def test_copying_is_the_mean_difference_from_the_first_frame(copier: X2Face, face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    clip = clips_of(folder, "test")[0]
    pictures = read_clip(clip.path, clip.frames)
    measured = pictures[EVERY::EVERY]
    tally = reconstruct(copier, folder, [clip]).tally
    assert tally.mean("copy_1") == pytest.approx(float((measured - pictures[:1]).abs().mean()), rel=1e-4)
    three = pictures[[0, (clip.frames - 1) // 2, clip.frames - 1]]
    by_hand = np.mean([float((measured - source).abs().mean()) for source in three])
    assert tally.mean("copy_3") == pytest.approx(by_hand, rel=1e-4)
    assert tally.count("l1_1") == len(measured)


def test_regions_and_lips_are_those_of_the_labels(copier: X2Face, face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    clip = clips_of(folder, "test")[0]
    pictures = read_clip(clip.path, clip.frames)
    person, number = int(clip.identity[1:]), int(clip.path.stem[-1])
    tally = reconstruct(copier, folder, [clip]).tally
    at = 2 * EVERY  # every second frame of the drawn clips has landmarks, every fifth is measured
    face, _, _ = regions_of(landmarks(look_of(person, number, at), person), pictures.shape[-1])
    by_hand = float((pictures[at] - pictures[0]).abs().mean(0)[face].mean())
    assert tally.mean("face_copy") == pytest.approx(by_hand, rel=0.02)  # the labels are of half precision


def test_lips_that_open_show_what_copying_would(copier: X2Face) -> None:
    closed, opened = Look(mouth_open=0.0), Look(mouth_open=0.15)
    pictures = to_tensor([draw(closed), draw(opened)])
    truth = Truth(
        np.array([0, 5]), np.stack([landmarks(closed), landmarks(opened)]), np.array([0.0, 0.15]), np.full(2, np.nan)
    )
    tally = Tally()
    measure_inside(copier, "anna", Film([0, 5], pictures), truth, tally)
    lips = between_lips(landmarks(opened), pictures.shape[-1])
    by_hand = float((pictures[1] - pictures[0]).abs().mean(0)[lips].mean())
    assert by_hand > 0.2  # skin and lips where the mouth is dark
    assert tally.mean("inside_copy") == pytest.approx(by_hand)
    assert tally.ratio("inside_l1", "inside_copy") == pytest.approx(1, abs=1e-3)


def test_a_clip_whose_lips_never_close_tells_nothing_of_what_is_between(copier: X2Face) -> None:
    truth = Truth(np.array([0, 5]), np.stack([landmarks(Look())] * 2), np.array([0.02, 0.15]), np.full(2, np.nan))
    tally = Tally()
    measure_inside(copier, "anna", Film([0, 5], torch.zeros(2, 3, 64, 64)), truth, tally)
    assert tally.count("inside_l1") == 0


def test_eyes_that_open_show_what_copying_would(copier: X2Face) -> None:
    """The source is the frame whose lids are nearest together; one whose lids are unknown is left out."""
    shut, looking = Look(eye_left=0.0, eye_right=0.0), Look()
    pictures = to_tensor([draw(looking), draw(shut), draw(looking)])
    points = np.stack([landmarks(look) for look in (looking, shut, looking)])
    truth = Truth(np.array([0, 5, 10]), points, np.zeros(3), np.array([0.3, 0.0, np.nan]))
    tally = Tally()
    measure_eyes(copier, "anna", Film([0, 5, 10], pictures), truth, tally)
    where = eyes(landmarks(looking), pictures.shape[-1])
    by_hand = float((pictures[0] - pictures[1]).abs().mean(0)[where].mean())
    assert by_hand > 0.05 and tally.count("eyes_l1") == 1
    assert tally.mean("eyes_copy") == pytest.approx(by_hand)
    assert tally.ratio("eyes_l1", "eyes_copy") == pytest.approx(1, abs=1e-3)
    measure_inside(copier, "anna", Film([0, 5, 10], pictures), truth, tally)
    assert tally.count("inside_l1") == 0


def test_the_labels_of_measured_frames_are_found(face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    clip = clips_of(folder, "val")[1]
    film = read_film(clip, [0, 4, 5, 10])
    truth = truth_of(folder, clip, film, None)
    assert truth.frames.tolist() == [0, 4, 10]  # frame 5 has no landmarks
    person, number = int(clip.identity[1:]), int(clip.path.stem[-1])
    look = look_of(person, number, 4)
    assert truth.landmarks_of(4) == pytest.approx(landmarks(look, person), abs=1e-3)
    assert truth.mouth_open[1] == pytest.approx(look.mouth_open, abs=1e-3)
    assert truth.landmarks_of(5) is None and truth.landmarks_of(99) is None


def test_without_labels_the_reader_says_where_the_face_is(face_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(face_folder, tmp_path / "bare", ignore=shutil.ignore_patterns("labels.npz"))
    folder = FaceFolder(tmp_path / "bare")
    clip = clips_of(folder, "val")[0]
    film = read_film(clip, [0, 5, 10])
    assert len(truth_of(folder, clip, film, None).frames) == 0

    class Finding:
        name = "finding"

        def look(self, pictures: torch.Tensor) -> Readings:
            measures, found = np.zeros((len(pictures), len(MEASURES))), np.full((len(pictures), 68, 3), 0.5)
            measures[:, 3], found[1] = 0.2, np.nan
            return Readings(measures, found)

        def read(self, pictures: torch.Tensor) -> np.ndarray:
            return self.look(pictures).measures

    truth = truth_of(folder, clip, film, Finding())
    assert (truth.frames.tolist(), truth.mouth_open.tolist()) == ([0, 10], [0.2, 0.2])


def test_a_pose_read_by_person_weighs_people_alike() -> None:
    anna = PoseRead("anna", np.zeros((3, 3)), np.full((3, 3), 1.0))
    ben = PoseRead("ben", np.full((1, 3), 8.0), np.full((1, 3), 5.0))
    assert pose_figures([anna, ben])["mae"] == [1.5] * 3
    by_person = pose_figures([anna, ben], by_person=True)
    assert by_person["mae"] == [2.0] * 3
    assert by_person["mae_of_mean"] == [4.0] * 3  # the mean is 4, halfway between the two
    assert by_person["r2"] == pytest.approx([1 - 5 / 16] * 3, abs=1e-3)  # (1 + 9) / 2 over 16


def test_a_limit_takes_clips_of_every_person_spread_over_theirs(face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    assert [clip.row for clip in clips_of(folder, "train", limit=1)] == [0, 2, 4, 6]
    assert clips_of(folder, "train", limit=5) == clips_of(folder, "train")


def test_evaluating_tells_every_figure_of_the_contract(tiny_model: X2Face, face_folder: Path) -> None:
    found = evaluate(tiny_model, face_folder)
    wanted = {"clips", "people", "l1_1", "l1_3", "copy_1", "copy_3", "ratio_1", "ratio_3", "gain_3", "psnr", "ssim"}
    wanted |= {"cpbd", "cpbd_true", "of_people"}
    wanted |= {"ratio_1_by_person", "gain_3_by_person", "regions", "regions_by_person", "pose_by_person"}
    assert wanted <= set(found.figures)
    assert (found.figures["clips"], found.figures["people"]) == (2, 1)
    assert {len(values) for values in found.figures["pose"].values()} == {3}
    assert not {"control", "audio"} & set(found.figures)
    unmeasured = [note.split(" is ")[0] for note in found.notes if "measured" in note]
    assert [name for name in unmeasured if name not in ("LPIPS", "FID")] == ["control", "audio"]
    (alone,) = found.figures["of_people"].values()
    assert {"l1_1", "copy_3", "psnr", "cpbd", "cpbd_true", "aed"} <= set(alone)
    assert all(found.figures[name] == pytest.approx(value, abs=1e-4) for name, value in alone.items())


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

    def look(self, pictures: torch.Tensor) -> Readings:
        same = np.random.default_rng(0).uniform(size=(68, 3))
        return Readings(self.read(pictures), np.repeat(same[None], len(pictures), axis=0))


def test_identity_is_measured_by_a_reader_that_knows_landmarks(tiny_model: X2Face, face_folder: Path) -> None:
    found = evaluate(tiny_model, face_folder, "train", reader=Landmarking(tiny_model))
    assert found.figures["identity"]["to_source"] == pytest.approx(0, abs=1e-6)


def test_figures_that_nothing_tells_are_left_out() -> None:
    assert rounded({"a": float("nan"), "b": 0.12345, "lag": 2}) == {"b": 0.123, "lag": 2}


def test_a_driver_that_is_the_source_reads_alike(copier: X2Face, face_folder: Path) -> None:
    clip = clips_of(FaceFolder(face_folder), "test")[0]
    pictures = read_clip(clip.path, clip.frames)
    moved = drive_across(copier, pictures[0], pictures, VectorReader(copier))
    assert moved.generated[0, :7] == pytest.approx(moved.driver[0, :7], abs=1e-3)
    assert np.isnan(moved.generated[:, MEASURES.index("gaze_x")]).all()  # which the vector does not tell
    assert moved.found == 1


def test_motion_across_people_is_that_of_a_run(
    tiny_model: X2Face, face_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mouth and eyes are the first two numbers, of which 0.8 is followed."""
    clip, other = clips_of(FaceFolder(face_folder), "test")[0], clips_of(FaceFolder(face_folder), "train")[0]
    pictures, source = read_clip(clip.path, clip.frames), read_clip(other.path, 1)[0]
    own = ModelSource.of(tiny_model, source[None]).vector
    moved: list[torch.Tensor] = []
    render = X2Face.render
    monkeypatch.setattr(X2Face, "render", lambda self, face, rows: moved.append(rows) or render(self, face, rows))

    def offsets(**given: Any) -> torch.Tensor:
        moved.clear()
        drive_across(tiny_model, source, pictures, VectorReader(tiny_model), **given)
        return torch.cat(moved) - own

    plain = offsets()
    vectors = tiny_model.encode(pictures)
    torch.testing.assert_close(plain - plain[:1], vectors - vectors[:1], atol=1e-5, rtol=0)
    assert torch.equal(offsets(load_mapping=Followed, raw=True), plain)
    expected = torch.cat([1.25 * plain[:, :2], plain[:, 2:]], dim=1)
    torch.testing.assert_close(offsets(load_mapping=Followed), expected, atol=1e-6, rtol=1e-4)
    moved.clear()
    Ours(tiny_model, Followed).frames(take_of(tiny_model, source, pictures, ("a", "b")))
    torch.testing.assert_close(torch.cat(moved) - own, expected, atol=1e-6, rtol=1e-4)


def test_clips_are_taken_from_people_in_turn(face_folder: Path) -> None:
    chosen = list(one_each_in_turn(FaceFolder(face_folder).clips, 6))
    assert len({clip.identity for clip in chosen}) == 6
    assert len(list(one_each_in_turn(FaceFolder(face_folder).clips, 12, each=1))) == 6


def test_a_split_without_long_clips_is_refused(face_folder: Path) -> None:
    with pytest.raises(InputError, match="no clip of the split 'test' has 99 frames"):
        clips_of(FaceFolder(face_folder), "test", least=99)

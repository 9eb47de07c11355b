"""The mapping `pose`: what it learns from, and that reading undoes writing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from x2face_core.data.folder import FaceFolder
from x2face_core.driving import Factor
from x2face_core.errors import InputError
from x2face_core.geometry.pose import head_pose
from x2face_core.media.images import write_picture
from x2face_core.sources.films import FilmReader
from x2face_plugins.mappings.files import load_state, read_mapping_info
from x2face_pose.fitting import fit_normed, fold, least_absolute
from x2face_pose.mapping import PoseMapping
from x2face_pose.plugin import x2face_mappings
from x2face_pose.tracks import SEEN, Labelled, turned_tracks

Tensor = torch.Tensor
Pair = tuple[Tensor, Tensor]


def people(count: int = 40, versions: int = 6, noise: float = 0.0) -> list[Pair]:
    """Pairs in which a vector is the pose along three directions, and who it is along all; degrees, float32."""
    random = torch.Generator().manual_seed(0)
    directions = torch.randn(3, 128, generator=random) * 0.3
    pairs = []
    for _ in range(count):
        middle, somebody = torch.randn(3, generator=random) * 6, torch.randn(128, generator=random)
        degrees = middle + (torch.rand(versions, 3, generator=random) - 0.5) * 50
        somebody = somebody + middle @ torch.randn(3, 128, generator=random) * 0.2  # identity goes with how one sits
        rows = degrees @ directions + somebody + noise * torch.randn(versions, 128, generator=random)
        pairs.append((degrees, rows))
    return pairs


@pytest.fixture(scope="module")
def fitted() -> PoseMapping:
    mapping = PoseMapping()
    mapping.fit(people(noise=0.05))
    return mapping


def test_reading_undoes_writing(fitted: PoseMapping) -> None:
    degrees = torch.tensor([[0.0, 0, 0], [15, -10, 30], [-40, 25, -60]])
    torch.testing.assert_close(fitted.read(fitted.write(degrees)), degrees, atol=1e-3, rtol=0)


def test_what_is_written_is_affine(fitted: PoseMapping) -> None:
    zero, a, b = torch.zeros(1, 3), torch.tensor([[5.0, 0, -10]]), torch.tensor([[0.0, 8, 4]])
    nothing = fitted.write(zero)
    together = fitted.write(a) + fitted.write(b) - nothing
    torch.testing.assert_close(fitted.write(a + b), together, atol=1e-4, rtol=0)


def test_writing_moves_along_the_pose_and_not_along_who_it_is() -> None:
    mapping = PoseMapping()
    mapping.fit(people(count=60))
    pairs = people(count=60)
    turns = torch.cat([degrees - degrees.mean(0) for degrees, _ in pairs]).double()
    moves = torch.cat([rows - rows.mean(0) for _, rows in pairs]).double()
    true = torch.linalg.lstsq(turns, moves).solution
    written = mapping.write(torch.eye(3)) - mapping.write(torch.zeros(3, 3))
    assert float(nn.functional.cosine_similarity(written, true.float()).min()) > 0.999


def test_poses_of_people_it_has_not_seen_are_read(fitted: PoseMapping) -> None:
    mapping, pairs = PoseMapping(), people(count=200, noise=0.05)
    mapping.fit(pairs[:170])
    missed = torch.cat([mapping.read(rows) - degrees for degrees, rows in pairs[170:]])
    true = torch.cat([degrees for degrees, _ in pairs[170:]])
    assert float((missed.square().mean(0) / true.var(0)).max()) < 0.3


def test_the_least_absolute_error_leaves_outliers_alone() -> None:
    random = torch.Generator().manual_seed(1)
    x = torch.randn(300, 4, generator=random, dtype=torch.float64)
    weight = torch.tensor([[3.0, -2, 0, 7]], dtype=torch.float64)
    y = x @ weight.T + 5
    y[::10] += 80
    found, bias = least_absolute(x, y)
    torch.testing.assert_close(found, weight, atol=0.05, rtol=0)
    torch.testing.assert_close(bias, torch.tensor([5.0], dtype=torch.float64), atol=0.1, rtol=0)


def test_the_published_layers_fold_into_one_map() -> None:
    torch.manual_seed(0)
    linear, norm = nn.Linear(3, 128, bias=False), nn.BatchNorm1d(128)
    network = nn.Sequential(linear, norm)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    for _ in range(5):
        network(torch.randn(64, 3) * 2 + 1)
    network.eval()
    x = torch.randn(7, 3)
    torch.testing.assert_close(fold(linear, norm)(x), network(x), atol=1e-5, rtol=1e-4)


def test_the_published_layers_find_what_least_squares_finds() -> None:
    random = torch.Generator().manual_seed(2)
    x = torch.randn(500, 3, generator=random, dtype=torch.float64) * 0.2
    y = x @ torch.randn(3, 16, generator=random, dtype=torch.float64)
    y = y + 0.1 * torch.randn(500, 16, generator=random, dtype=torch.float64)
    y = y - y.mean(0)
    x = x - x.mean(0)
    torch.testing.assert_close(fit_normed(x, y).weight.T, torch.linalg.lstsq(x, y).solution, atol=2e-3, rtol=0)


def test_heads_that_never_turn_teach_nothing() -> None:
    pairs = [(torch.tensor([[0.0, 5, 9]]).repeat(4, 1), torch.randn(4, 128)) for _ in range(9)]
    with pytest.raises(InputError, match="roll hardly differs"):
        PoseMapping().fit(pairs)


def test_angles_that_go_together_cannot_be_told_apart() -> None:
    yaw = torch.linspace(-20, 20, 30)
    pair = (torch.stack([yaw, yaw / 2, yaw], dim=1), torch.randn(30, 128))
    with pytest.raises(InputError, match="together"):
        PoseMapping().fit([pair])


def test_it_is_a_factor_in_degrees_and_stores_radians(fitted: PoseMapping) -> None:
    (spec,) = x2face_mappings()
    assert isinstance(fitted, Factor)
    assert spec.factor
    assert (spec.labels, spec.units) == (("roll", "pitch", "yaw"), ("degrees",) * 3)
    state = fitted.state_dict()
    vector = torch.randn(1, 128)
    radians = vector @ state["read.weight"].T + state["read.bias"]
    torch.testing.assert_close(fitted.read(vector), radians.rad2deg(), atol=1e-3, rtol=1e-4)


# Tracks


@pytest.fixture
def film(tiny_model: Any) -> FilmReader:
    return FilmReader(tiny_model, whole=True)


def test_each_picture_of_a_track_comes_with_its_turned_versions(face_folder: Path, film: FilmReader) -> None:
    found = list(turned_tracks(face_folder, film, turns=3))
    assert {len(values) for (values, _), held_out in found if not held_out} == {4}
    assert {len(values) for (values, _), held_out in found if held_out} == {1}
    assert {vectors.shape[1] for (_, vectors), _ in found} == {128}


def test_turned_heads_reach_further_than_the_films(face_folder: Path, film: FilmReader) -> None:
    pairs = [pair for pair, held_out in turned_tracks(face_folder, film, turns=4) if not held_out]
    turned = torch.cat([values[1:] for values, _ in pairs])
    asked = torch.tensor([25, 20, 28]) * torch.tensor(SEEN)
    assert (turned.abs().quantile(0.9, dim=0) > 0.6 * asked).all()
    assert (turned.abs().amax(0) < 1.6 * asked).all()


def test_pictures_come_with_their_labels(face_folder: Path) -> None:
    folder = FaceFolder(face_folder)
    labelled, clip = Labelled(folder.labels), folder.clips[1]
    frames = labelled.of(clip)
    assert len(frames) > 2
    points, poses = labelled.at(clip, frames[1:])
    np.testing.assert_allclose(
        poses, folder.labels.pose[folder.labels.rows_of(np.full(len(frames) - 1, 1), frames[1:])]
    )
    change = head_pose(points[:, :68].numpy())
    assert np.corrcoef(change[:, 2], poses[:, 2])[0, 1] > 0.99


def test_people_of_val_judge(face_folder: Path, film: FilmReader) -> None:
    mapping = PoseMapping(turns=3)
    figures = mapping.fit(list(mapping.examples(face_folder, film)))
    assert "held out" in figures["judged by"]
    assert len(figures["mae"]) == len(figures["r2"]) == len(figures["shown"]) == 3
    assert figures["shown"] == [round(one, 2) for one in mapping.shown.tolist()]


def test_it_learns_the_same_again(face_folder: Path, film: FilmReader) -> None:
    states = []
    for _ in range(2):
        mapping = PoseMapping(turns=2)
        mapping.fit(mapping.examples(face_folder, film))
        states.append(mapping.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


# Pictures with a table


@pytest.fixture
def posed(tmp_path: Path) -> Iterator[Path]:
    """Twelve pictures of two people, a folder each, and a table of poses."""
    random = np.random.default_rng(0)
    rows = []
    for k in range(12):
        name = f"person{k % 2}/{k}.png"
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_picture(tmp_path / name, random.integers(0, 255, (32, 32, 3), np.uint8))
        rows.append(f"{name},{','.join(f'{angle:.1f}' for angle in random.uniform(-75, 75, 3))}")
    (tmp_path / "poses.csv").write_text("\n".join(["picture,roll,pitch,yaw", *rows]) + "\n")
    yield tmp_path


def test_pictures_with_a_table_are_grouped_by_their_folders(posed: Path, film: FilmReader) -> None:
    mapping = PoseMapping()
    pairs = list(mapping.examples(posed, film))
    assert [len(values) for values, _ in pairs] == [6, 4]  # two are held out
    assert "2 pictures held out" in mapping.fit(pairs)["judged by"]


def test_a_picture_that_is_not_there_is_told_with_its_line(posed: Path, film: FilmReader) -> None:
    (posed / "person1" / "3.png").unlink()
    with pytest.raises(InputError, match=r"line 5: picture is 'person1/3\.png'"):
        list(PoseMapping().examples(posed, film))


def test_a_folder_without_poses_is_refused(tmp_path: Path, film: FilmReader) -> None:
    with pytest.raises(InputError, match="picture,roll,pitch,yaw"):
        list(PoseMapping().examples(tmp_path, film))


# What the package ships


@pytest.mark.weights
def test_the_default_weights_come_with_a_fitted_mapping() -> None:
    from x2face_core.model import X2Face

    (spec,) = x2face_mappings()
    found = {read_mapping_info(path).space: path for path in spec.files}
    mapping = PoseMapping()
    mapping.load_state_dict(load_state(found[X2Face.load().fingerprint]))
    degrees = torch.tensor([[10.0, -12, 25]])
    torch.testing.assert_close(mapping.read(mapping.write(degrees)), degrees, atol=1e-2, rtol=0)


@pytest.mark.weights
def test_a_portrait_turns_as_it_is_told() -> None:
    """Read in the generated frames by the networks themselves; the face mesh says the same (docs/pose.md)."""
    from skimage.data import astronaut

    from x2face_core.media.boxes import crop
    from x2face_core.media.faces import find_box
    from x2face_core.model import X2Face
    from x2face_core.pixels import to_tensor
    from x2face_lab.evaluation.control import control
    from x2face_lab.evaluation.readers import VectorReader

    (spec,) = x2face_mappings()
    model, mapping, picture = X2Face.load(), PoseMapping(), astronaut()
    files = {read_mapping_info(path).space: path for path in spec.files}
    mapping.load_state_dict(load_state(files[model.fingerprint]))
    face = to_tensor([crop(picture, find_box(picture), 256)])[0]
    figures = control(model, mapping, [face], VectorReader(model))
    for axis in ("roll", "pitch", "yaw"):
        assert 0.6 < figures[axis]["slope"] < 1.4
        assert figures[axis]["r"] > 0.97
        assert figures[axis]["spill"] < 0.34

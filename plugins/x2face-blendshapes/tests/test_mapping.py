"""The mapping, and the folder that it learns from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from x2face_plugins import InputError

from x2face_blendshapes.demo import FRAMES, write_tracks
from x2face_blendshapes.mapping import BlendshapesMapping
from x2face_blendshapes.tracks import coefficients, read_tracks


class Films:
    """Films whose vectors are linear in what they show, about somewhere else in each film."""

    side = 32

    def __init__(self, folder: Path) -> None:
        self.truth = torch.randn(4, 128, generator=torch.Generator().manual_seed(0))
        self.truth[3] = self.truth[2]  # both lids do the same
        self.values = {track.path: torch.from_numpy(track.values).float() for track in read_tracks(folder)}
        self.seen: list[str] = []

    def __call__(self, path: Path) -> tuple[torch.Tensor, float]:
        self.seen.append(path.name)
        return self.values[path] @ self.truth + len(path.name), 25.0

    def encode(self, pictures: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


def test_what_moves_within_films_is_learned(tmp_path: Path) -> None:
    films, mapping = Films(write_tracks(tmp_path)), BlendshapesMapping()
    report = mapping.fit(mapping.examples(tmp_path, films))
    assert report["films"] == 1 and report["rows"] == FRAMES
    assert report["r2 of people held out"] > 0.99
    torch.testing.assert_close(mapping.write(torch.eye(4)[:2]), films.truth[:2], atol=0.1, rtol=0)
    torch.testing.assert_close(mapping.write(torch.tensor([[0.0, 0, 1, 1]])), 2 * films.truth[2:3], atol=0.1, rtol=0)


def test_who_is_to_test_with_is_not_looked_at(tmp_path: Path) -> None:
    table = write_tracks(tmp_path) / "clips.csv"
    table.write_text(table.read_text().replace("val", "test"))
    films = Films(tmp_path)
    list(BlendshapesMapping().examples(tmp_path, films))
    assert films.seen == ["ann.mp4"]


def test_rest_is_the_persons_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = np.abs(rng.normal(size=(400, 4))) * [0.02, 0.01, 0.01, 0.01] + [0.0, 0.3, 0.3, 0.3]
    wider = labels + [0.01, 0.05, 0, 0]
    np.testing.assert_allclose(coefficients(wider), coefficients(labels), atol=1e-6)


def test_an_opened_mouth_and_closed_lids_count_as_one() -> None:
    labels = np.tile([0.01, 0.3, 0.3, 0.3], (100, 1))
    labels[7] = [0.21, 0.4, 0.3 * 0.55, 0.3]
    values = coefficients(labels)
    np.testing.assert_allclose(values[7], [1, 1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(np.delete(values, 7, axis=0), 0, atol=1e-6)


def test_the_pictures_right_is_the_persons_left(tmp_path: Path) -> None:
    path = write_tracks(tmp_path) / "labels.npz"
    labels = dict(np.load(path))
    labels["eye_right"] = np.where(labels["frame"] == 20, 0.1, 0.3)
    np.savez(path, **labels)
    (track, _) = read_tracks(tmp_path)
    assert track.values[20, 2] > 1
    assert track.values[20, 3] < 0.3


def test_films_without_motion_are_refused() -> None:
    with pytest.raises(InputError, match="jaw_open hardly changes"):
        BlendshapesMapping().fit([(torch.zeros(20, 4), torch.randn(20, 128))])


@pytest.mark.parametrize("broken", ["clips.csv", "labels.npz"])
def test_a_folder_that_lacks_something_is_refused(tmp_path: Path, broken: str) -> None:
    (write_tracks(tmp_path) / broken).write_bytes(b"rubbish")
    with pytest.raises(InputError, match=broken):
        list(BlendshapesMapping().examples(tmp_path, None))


def test_a_state_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="not"):
        BlendshapesMapping().load_state_dict({"weight": torch.zeros(3, 128)})

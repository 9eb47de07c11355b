"""How much rendered frames show of what a factor writes, and how writing makes up for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.factors import FirstNumbers
from x2face_core.errors import MissingError
from x2face_core.geometry.mesh import Measured
from x2face_plugins.mappings import showing
from x2face_plugins.mappings.affine import Affine, AffineFactor, offset_of
from x2face_plugins.mappings.showing import BOUNDS, Sweep, faces_of, measure_shown, read_by_mesh

Tensor = torch.Tensor
SPANS = ((-10.0, 10.0), (-5.0, 15.0))
SWEEPS = [Sweep((0,), *SPANS[0]), Sweep((1,), *SPANS[1])]
FACES = [torch.full((3, 4, 4), tone) for tone in (0.2, 0.5, 0.7)]
OWN = torch.tensor([[3.0, 4.0]])


class Film:
    """Frames are vectors; of each of the first two numbers they show what `show` says of its change from 3 and 4."""

    side = 4
    reading_scale = torch.ones(7)

    def __init__(self, show: Callable[[Tensor], Tensor]) -> None:
        self.show = show

    def __call__(self, path: Path) -> tuple[Tensor, float]:
        raise AssertionError("no film is read")

    def encode(self, pictures: Tensor) -> Tensor:
        return torch.nn.functional.pad(OWN, (0, 126)).repeat(len(pictures), 1)

    def read(self, vectors: Tensor) -> Tensor:
        return vectors[:, :7]

    def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
        return (OWN + self.show(vectors[:, :2] - OWN))[:, :, None, None]


def plain() -> AffineFactor:
    """The numbers are a vector's first two."""
    factor = AffineFactor(2, SPANS)
    factor.reading = Affine(torch.eye(2, 128), torch.zeros(2))
    factor.writing = Affine(torch.eye(128, 2), torch.ones(128) * (torch.arange(128) >= 2))
    return factor


def read(frames: Tensor) -> Tensor:
    return frames[:, :, 0, 0]


def test_the_share_that_frames_show_is_measured_and_made_up_for() -> None:
    factor, film = plain(), Film(lambda change: change * torch.tensor([0.8, 1.1]))
    factor.shown = measure_shown(factor, SWEEPS, film, FACES, read)
    torch.testing.assert_close(factor.shown, torch.tensor([0.8, 1.1]))
    asked = torch.tensor([[0.0, 0.0], [10.0, 0.0], [-4.0, 11.0]])
    frames = film.render(FACES[0], film.encode(FACES[0][None]) + offset_of(factor, OWN, asked))
    torch.testing.assert_close(read(frames), OWN + asked)


def test_reading_still_undoes_writing() -> None:
    factor = plain()
    factor.shown = torch.tensor([0.7, 0.9])
    torch.testing.assert_close(factor.read(factor.write(OWN)), OWN)


def test_beyond_the_measured_span_no_more_is_added() -> None:
    factor = plain()
    factor.shown = torch.tensor([0.8, 1.0])
    change = torch.tensor([[10.0, 30.0], [40.0, -20.0], [-40.0, 0.0]])
    torch.testing.assert_close(factor.compensated(change), torch.tensor([[12.5, 30.0], [42.5, -20.0], [-42.5, 0.0]]))


@pytest.mark.parametrize(("share", "found"), [(0.4, BOUNDS[0]), (0.1, 1.0), (-0.8, 1.0)])
def test_little_is_made_up_for_within_bounds_and_next_to_nothing_not_at_all(share: float, found: float) -> None:
    film = Film(lambda change: change * torch.tensor([share, 1.0]))
    torch.testing.assert_close(measure_shown(plain(), SWEEPS, film, FACES, read), torch.tensor([found, 1.0]))


def test_what_asking_for_more_does_not_mend_is_left_as_it_is() -> None:
    """Lids that are shut by half of the sweep: a larger change only makes the frames' range relatively smaller."""

    def folding(change: Tensor) -> Tensor:
        return torch.where(change.abs() > 10, -change, 0.8 * change)

    found = measure_shown(plain(), SWEEPS[:1], Film(folding), FACES, read)
    assert found.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("folding", "found"), [(0, 0.8), (1, 0.8), (2, 1.0)])
def test_what_folds_in_some_faces_is_left_as_it_is(folding: int, found: float) -> None:
    """Eight faces, of whom some show less when more is written, as lids do that open again."""

    class Faces(Film):
        def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
            change = vectors[:, :2] - OWN
            back = (change.abs() > 10) & (picture.mean() * 8 < folding)
            return (OWN + torch.where(back, -change, 0.8 * change))[:, :, None, None]

    faces = [torch.full((3, 4, 4), number / 8) for number in range(8)]
    shares = measure_shown(plain(), SWEEPS[:1], Faces(lambda change: change), faces, read)
    torch.testing.assert_close(shares, torch.tensor([found, 1.0]))


def test_numbers_that_change_together_have_one_share() -> None:
    film = Film(lambda change: change * torch.tensor([0.7, 0.9]))
    found = measure_shown(plain(), [Sweep((0, 1), -5.0, 5.0)], film, FACES, read)
    torch.testing.assert_close(found, torch.tensor([0.8, 0.8]))


def test_frames_without_a_face_tell_nothing() -> None:
    film = Film(lambda change: change * 0.8)
    unseen = measure_shown(plain(), SWEEPS, film, FACES, lambda frames: torch.full((len(frames), 2), torch.nan))
    assert unseen.tolist() == [1.0, 1.0]


def test_files_of_earlier_versions_write_what_is_asked() -> None:
    old, factor = plain().state_dict(), plain()
    del old["shown"]
    factor.shown = torch.tensor([0.5, 0.5])
    factor.load_state_dict(old)
    assert factor.shown.tolist() == [1.0, 1.0]


def test_factors_of_others_are_written_as_asked() -> None:
    factor, change = FirstNumbers(), torch.tensor([[1.0, 2.0, 3.0]])
    torch.testing.assert_close(offset_of(factor, torch.zeros(1, 3), change), factor.write(change))


def test_one_face_of_each_training_person_is_rendered(face_folder: Path, tmp_path: Path) -> None:
    faces = faces_of(face_folder)
    assert faces and {tuple(face.shape) for face in faces} == {(3, 256, 256)}
    assert faces_of(tmp_path) == []


class Mesh:
    """Finds the same mouth in every picture but black ones; opening and width are the picture's red and green."""

    def __init__(self) -> None:
        self.films = 0

    def restart(self) -> None:
        self.films += 1

    def measure(self, picture: np.ndarray) -> Measured | None:
        red, green, _ = picture[0, 0] / 255
        nothing = np.zeros((478, 3))
        return Measured(np.zeros(3), np.array([red, green, 0, 0]), np.zeros(2), nothing, nothing) if red else None


def test_the_mesh_reads_frames_and_knows_where_there_is_no_face(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "FaceMesh", Mesh)
    mesh = read_by_mesh(lambda face: face.expression[:2].tolist(), 2)
    assert mesh is not None
    frames = torch.tensor([[0.2, 0.4, 0], [0, 0, 0], [0.6, 0.8, 0]])[:, :, None, None].expand(-1, -1, 4, 4)
    found = mesh(frames)
    torch.testing.assert_close(found[[0, 2]], torch.tensor([[0.2, 0.4], [0.6, 0.8]]))
    assert found[1].isnan().all()


def test_without_the_mesh_there_is_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise MissingError("no mesh")

    monkeypatch.setattr(showing, "FaceMesh", missing)
    assert read_by_mesh(lambda face: [], 2) is None

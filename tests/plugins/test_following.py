"""How much of another person's change frames show, and whether making up for it helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from x2face_core.data.folder import FaceFolder
from x2face_plugins.mappings.affine import Affine, AffineFactor
from x2face_plugins.mappings.following import FRAMES, Crossing, crossings_of, measure_followed
from x2face_plugins.mappings.showing import Sweep

Tensor = torch.Tensor
Show = Callable[[Tensor], Tensor]
SWEEPS = [Sweep((0,), -5.0, 5.0), Sweep((1,), -5.0, 5.0)]
OWN = (3.0, 4.0)


class Film:
    """A picture (3, 1, 2) has a face's numbers; a frame shows what `show` says of their change from the source's."""

    side = 4
    reading_scale = torch.ones(7)

    def __init__(self, show: Show) -> None:
        self.show = show

    def __call__(self, path: Path) -> tuple[Tensor, float]:
        raise AssertionError("no film is read")

    def encode(self, pictures: Tensor) -> Tensor:
        return torch.nn.functional.pad(pictures[:, 0, 0], (0, 126))

    def read(self, vectors: Tensor) -> Tensor:
        return vectors[:, :7]

    def render(self, picture: Tensor, vectors: Tensor) -> Tensor:
        own = picture[0, 0]
        return faces(own + self.show(vectors[:, :2] - own))


def faces(numbers: Tensor) -> Tensor:
    return numbers[:, None, None, :].expand(-1, 3, 1, 2)


def read(frames: Tensor) -> Tensor:
    return frames[:, 0, 0]


class Moving(Crossing):
    """A driver whose first number is 30 to 40 and whose second moves half as far, or not at all."""

    def __init__(self, seed: int = 0, still: bool = False) -> None:
        rng = torch.Generator().manual_seed(seed)
        change = 10 * torch.rand(20, 2, generator=rng) * torch.tensor([1.0, 0.0 if still else 0.5])
        object.__setattr__(self, "frames", faces(torch.tensor([30.0, 4.0]) + change))

    def driving(self) -> Tensor:
        return self.__dict__["frames"]

    def picture(self) -> Tensor:
        return faces(torch.tensor([OWN]))[0]


def plain() -> AffineFactor:
    """The numbers are a vector's first two."""
    factor = AffineFactor(2)
    factor.reading = Affine(torch.eye(2, 128), torch.zeros(2))
    factor.writing = Affine(torch.eye(128, 2), torch.zeros(128))
    return factor


def measured(show: Show, films: Sequence[Crossing], factor: AffineFactor | None = None) -> list[float]:
    factor = factor or plain()
    measure_followed(factor, SWEEPS, Film(show), films, read)
    return [round(one, 3) for one in factor.followed.tolist()]


def test_the_share_that_is_followed_is_the_slope() -> None:
    factor, films = plain(), [Moving(0), Moving(1)]
    before, after = measure_followed(factor, SWEEPS, Film(lambda x: x * torch.tensor([0.8, 0.5])), films, read)
    torch.testing.assert_close(factor.followed, torch.tensor([0.8, 0.5]))
    torch.testing.assert_close(before.slope, torch.tensor([0.8, 0.5]))
    torch.testing.assert_close(after.slope, torch.tensor([1.0, 0.75]))  # 1.5 times as much, and no more
    torch.testing.assert_close(before.r, torch.ones(2))


def test_the_median_film_counts() -> None:
    films = [Moving(0), Moving(0), Moving(0, still=True)]
    assert measured(lambda x: 0.9 * x, films) == [0.9, 0.9]  # who does not move the second tells nothing of it
    assert measured(lambda x: 0.9 * x, films[2:]) == [0.9, 1.0]


@pytest.mark.parametrize(("share", "found"), [(0.2, 0.2), (1.2, 1.0), (-0.8, 1.0)])
def test_what_goes_further_or_the_other_way_is_left_as_it_is(share: float, found: float) -> None:
    assert measured(lambda x: x * torch.tensor([share, 0.8]), [Moving()]) == [found, 0.8]


def test_what_frames_do_not_follow_is_left_as_it_is() -> None:
    """Waves of the change, by which they are hardly told from it."""
    factor, films = plain(), [Moving(seed) for seed in range(5)]
    before, _ = measure_followed(factor, SWEEPS, Film(lambda x: 0.2 * x + 9 * torch.sin(7 * x)), films, read)
    assert abs(float(before.r[0])) < 0.3 and factor.followed.tolist() == [1.0, 1.0]


def test_what_costs_correlation_is_left_as_it_is() -> None:
    """Lids that open again when they are written past shut."""
    assert measured(lambda x: torch.where(x.abs() > 8, 8 - 3 * (x.abs() - 8), 0.8 * x), [Moving()])[0] == 1.0


def test_a_nearer_slope_is_worth_a_little_correlation() -> None:
    """Mouths that open no further cost 0.018 of r, less than r of twenty films is known by."""
    found = measured(lambda x: (0.8 * x).clamp(-7.2, 7.2), [Moving()])
    assert found == [pytest.approx(0.787, abs=0.001), 0.8]


def test_numbers_that_move_together_have_one_share() -> None:
    factor = plain()
    both = [Sweep((0, 1), -5.0, 5.0)]
    measure_followed(factor, both, Film(lambda x: x * torch.tensor([0.7, 0.9])), [Moving()], read)
    torch.testing.assert_close(factor.followed, torch.tensor([0.8, 0.8]))


def test_frames_without_a_face_tell_nothing() -> None:
    factor = plain()

    def unseen(frames: Tensor) -> Tensor:
        return torch.full((len(frames), 2), torch.nan)

    before, _ = measure_followed(factor, SWEEPS, Film(lambda x: 0.5 * x), [Moving()], unseen)
    assert factor.followed.tolist() == [1.0, 1.0] and before.slope.isnan().all()


def test_people_held_out_drive_one_another(face_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert crossings_of(face_folder) == []  # the only person of val
    folder = FaceFolder(face_folder)
    monkeypatch.setattr(FaceFolder, "of_split", lambda self, split: folder.clips if split == "val" else [])
    found = crossings_of(face_folder)
    assert len({one.driver.identity for one in found}) == len({one.source.identity for one in found}) == 6
    assert all(one.driver.identity != one.source.identity for one in found)
    driving = found[0].driving()
    assert len(driving) <= FRAMES and driving.shape[1:] == found[0].picture().shape == (3, 256, 256)


def test_a_folder_that_is_no_tracks_has_none(tmp_path: Path) -> None:
    assert crossings_of(tmp_path) == []


def test_files_of_earlier_versions_follow_and_have_no_limits() -> None:
    factor = plain()
    factor.followed, factor.limits = torch.tensor([0.5, 0.5]), torch.zeros(2, 2)
    state = factor.state_dict()
    again = plain()
    again.load_state_dict(state)
    assert again.followed.tolist() == [0.5, 0.5]
    assert again.limits is not None and torch.equal(again.limits, torch.zeros(2, 2))
    again.load_state_dict({name: state[name] for name in state if name not in ("followed", "limits", "shown")})
    assert again.followed.tolist() == [1.0, 1.0] and again.limits is None

"""CycleGAN of two made-up people: one is red, the other blue."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from x2face_baselines.cyclegan import CycleGAN, CycleGANSettings, train_cyclegan
from x2face_baselines.cyclegan_files import CycleGANFolder
from x2face_core.errors import InputError, UsageError, WeightsError

TINY = CycleGANSettings(side=32, steps=120, width=6, blocks=1, rate=3e-3)
FEW = CycleGANSettings(side=16, steps=3, width=4, blocks=1)


def people(colour: int, count: int = 6, side: int = 16) -> Tensor:
    """Pictures (n, 3, side, side) uint8 of a dim ground and a bright spot in one channel, somewhere else in each."""
    pictures = torch.full((count, 3, side, side), 30, dtype=torch.uint8)
    pictures[:, colour] = 110
    for k in range(count):
        pictures[k, colour, 2 + k : 8 + k, 4:12] = 230
    return pictures


@pytest.fixture(scope="module")
def trained() -> CycleGAN:
    return train_cyclegan(people(0, side=32), people(2, side=32), TINY)


def test_a_becomes_b_and_comes_back(trained: CycleGAN) -> None:
    a, b = (people(colour, side=32).float() / 255 for colour in (0, 2))
    made = trained.a_to_b(a)
    assert made.shape == a.shape and made.min() >= 0 and made.max() <= 1
    colour, of_a, of_b = (pictures.mean((0, 2, 3)) for pictures in (made, a, b))
    assert (colour - of_b).norm() < 0.5 * (colour - of_a).norm()
    before = CycleGAN(TINY).eval()
    assert (trained.cycle(a) - a).abs().mean() < 0.6 * (before.cycle(a) - a).abs().mean()


def test_larger_pictures_come_back_as_large(trained: CycleGAN) -> None:
    assert trained.a_to_b(torch.rand(9, 3, 48, 48)).shape == (9, 3, 48, 48)


def test_the_same_seed_trains_the_same_model_and_leaves_the_random_numbers_of_others() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = train_cyclegan(people(0), people(2), FEW).state_dict()
    assert torch.equal(torch.rand(3), expected)
    two, other = (
        train_cyclegan(people(0), people(2), settings).state_dict()
        for settings in (FEW, CycleGANSettings(side=16, steps=3, width=4, blocks=1, seed=1))
    )
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("pictures", [torch.zeros(0, 3, 16, 16), torch.zeros(2, 3, 32, 32), torch.zeros(2, 1, 16, 16)])
def test_pictures_that_cannot_be_learned_from_are_refused(pictures: Tensor) -> None:
    with pytest.raises(InputError, match="person B"):
        train_cyclegan(people(0), pictures.to(torch.uint8), FEW)


def test_a_model_is_trained_once_and_read_again(tmp_path: Path) -> None:
    steps: list[int] = []
    settings = CycleGANSettings(side=16, steps=2, width=4, blocks=1)
    folder = CycleGANFolder(tmp_path / "new", settings)
    for _ in range(2):
        model = folder.model(people(0), people(2), lambda done, total: steps.append(done))
    assert steps == [1, 2] and len(list((tmp_path / "new").iterdir())) == 1
    fresh = train_cyclegan(people(0), people(2), settings)
    shown = people(0).float() / 255
    assert torch.equal(model.a_to_b(shown), fresh.a_to_b(shown))
    folder.model(people(0), people(2)[:3], lambda done, total: steps.append(done))
    assert steps == [1, 2, 1, 2] and len(list((tmp_path / "new").iterdir())) == 2


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    folder = CycleGANFolder(tmp_path, CycleGANSettings(side=16, steps=1, width=4, blocks=1))
    folder.model(people(0), people(2))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(WeightsError, match="delete it"):
        folder.model(people(0), people(2))


def test_a_folder_that_cannot_be_written_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    steps: list[int] = []
    folder = CycleGANFolder(tmp_path / "file" / "models", CycleGANSettings(side=16, steps=1, width=4, blocks=1))
    with pytest.raises(UsageError, match="file"):
        folder.model(people(0), people(2), lambda done, total: steps.append(done))
    assert not steps

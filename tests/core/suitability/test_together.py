"""Whether several sources show one person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from x2face_core.errors import UsageError
from x2face_core.media.boxes import Box
from x2face_core.sources.portraits import Cropping, Portrait
from x2face_core.suitability import together
from x2face_core.suitability.likeness import NUMBERS, Likeness, features, likeness_of


def alike(*blocks: int, within: float = 0.8, between: float = 0.0) -> torch.Tensor:
    """Cosines of people with so many pictures each."""
    whose = torch.repeat_interleave(torch.arange(len(blocks)), torch.tensor(blocks))
    same = whose[:, None] == whose
    return torch.where(same, within, between).fill_diagonal_(1)


def singly(count: int) -> list[list[int]]:
    return [[k] for k in range(count)]


@pytest.mark.parametrize(
    ("blocks", "least", "apart"), [((1, 1), 0.0, 1), ((3, 1), 0.0, 1), ((2, 2), 0.0, 2), ((4,), 0.8, None)]
)
def test_the_two_parts_that_are_least_alike_are_found(blocks: tuple[int, ...], least: float, apart: int | None) -> None:
    found, smaller = together.least_alike(alike(*blocks), singly(sum(blocks)))
    assert found == pytest.approx(least)
    if apart is not None:
        assert len(smaller) == apart
    if blocks == (3, 1):
        assert smaller == [3]


def test_pictures_of_one_film_count_as_one_source() -> None:
    cosines = alike(3, 1)
    assert together.least_alike(cosines, [[0, 1, 2], [3]])[0] == pytest.approx(0)
    assert together.least_alike(cosines, [[0, 3], [1, 2]])[0] == pytest.approx(0.4)


def test_somebody_else_is_refused_the_doubtful_told_and_one_person_neither() -> None:
    refused = together.verdict(["b.jpg"], 2, together.OTHER - 0.01)
    assert refused.status == "fail"
    assert refused.line == (
        "b.jpg looks like somebody else than the other source; "
        "pictures of one person suit, or --force takes them as one."
    )
    told = together.verdict(["b.jpg", "c.jpg"], 4, together.UNSURE - 0.01)
    assert (told.status, told.says) == ("warn", "b.jpg and c.jpg look only a little like the other sources")
    assert together.verdict(["b.jpg"], 2, together.UNSURE).status == "ok"


def test_weights_for_which_nothing_was_learned_refuse_nobody(tiny_model: Any) -> None:
    dice = np.random.default_rng(0)
    pictures = [dice.integers(0, 256, (32, 32, 3), np.uint8) for _ in range(2)]
    portraits = [Portrait(picture, Box(0, 0, 32), picture) for picture in pictures]
    assert likeness_of(tiny_model.fingerprint) is None
    assert together.refuse_strangers(portraits, tiny_model) is None


def test_features_know_slopes_and_not_how_bright_or_large_a_picture_is() -> None:
    ramp = torch.linspace(0.2, 0.6, 128).expand(1, 3, 128, 128)
    turned = ramp.transpose(2, 3)
    found = features(torch.cat([ramp, turned, ramp * 1.5]))
    assert found.shape == (3, NUMBERS)
    bins = found.view(3, 8, 64).mean(2)
    assert bins[0].argmax() == 0 and bins[1].argmax() == 2  # to the right; down
    torch.testing.assert_close(found[0], found[2], atol=0.02, rtol=0)
    assert torch.equal(features(turned)[0], found[1])


def test_likeness_is_the_cosine_along_the_ways() -> None:
    learned = Likeness(torch.zeros(NUMBERS), torch.eye(NUMBERS))
    cosines = learned.between(torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(cosines.diagonal(), torch.ones(3))
    torch.testing.assert_close(cosines, cosines.T)


@pytest.mark.weights
def test_one_person_is_far_above_two_even_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    from skimage.data import astronaut

    from x2face_core.model import X2Face
    from x2face_lab.demo.inputs import PICTURE

    model, cropping = X2Face.load(device="cpu"), Cropping()
    her = cropping.portrait(astronaut())
    mirrored = cropping.portrait(np.ascontiguousarray(astronaut()[:, ::-1]))
    found = together.refuse_strangers([her, mirrored], model)
    assert found is not None and found.value is not None and found.value > 0.8
    two = together.together([her, cropping.portrait(PICTURE)], model)
    assert two is not None and two.value is not None and two.value < 0.25
    monkeypatch.setattr(together, "OTHER", 0.5)
    assert together.refuse_strangers([her, mirrored], model) == found
    with pytest.raises(UsageError, match="looks like somebody else.*--force takes them as one"):
        together.refuse_strangers([her, cropping.portrait(PICTURE)], model)

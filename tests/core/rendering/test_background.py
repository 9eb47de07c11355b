"""Kept backgrounds: mattes worked out by hand, and films of the demo's sitter whose background does not move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.acting import active
from x2face_core.driving import Chunk
from x2face_core.errors import UsageError
from x2face_core.media.boxes import Box
from x2face_core.model import X2Face
from x2face_core.pixels import to_tensor
from x2face_core.rendering.background import Background
from x2face_core.rendering.finishing import finished
from x2face_core.rendering.matting import guided, in_one_piece, laid_out, person_matte
from x2face_core.rendering.pipeline import animate_source
from x2face_core.sources.portraits import Cropping, Portrait
from x2face_core.sources.source import ModelSource
from x2face_lab.demo.inputs import PICTURE

SIDE = 128


class Shifting:
    """A model whose flow looks by so much to the right everywhere, in half widths."""

    def __init__(self, by: float) -> None:
        self.by = by

    def flow(self, vectors: Tensor) -> Tensor:
        return torch.tensor([self.by, 0.0]).view(1, 2, 1, 1).expand(len(vectors), 2, 8, 8)


def disc(side: int, x: float, radius: float) -> Tensor:
    at = torch.linspace(-1, 1, side)
    return ((at - x).square() + at[:, None].square() < radius * radius).float()[None]


@pytest.mark.parametrize("by", [0.0, 0.25])
def test_a_matte_is_laid_out_where_the_flow_of_the_source_looks(by: float) -> None:
    found = laid_out(disc(320, 0.0, 0.5), Shifting(by), torch.zeros(128))
    assert found.shape == (1, 160, 160)
    assert float((found - disc(160, by, 0.5)).abs().mean()) < 0.01  # no more than along the edge


def test_a_matte_is_of_one_piece_without_holes() -> None:
    matte = disc(128, 0.0, 0.5)
    matte[:, 60:66, 60:66] = 0.1  # a hole
    matte[:, 4:14, 4:14] = 0.9  # something else
    matte[:, 2:4, 4:14] = 0.3  # and its edge
    assert torch.equal(in_one_piece(matte), disc(128, 0.0, 0.5))
    faint = torch.full((1, 16, 16), 0.4)
    assert in_one_piece(faint) is faint


def test_edges_of_a_matte_become_those_of_the_picture() -> None:
    picture = torch.full((3, 256, 256), 0.2)
    picture[..., 128:] = 0.8
    soft = ((torch.arange(256) - 118) / 20).clamp(0, 1).expand(1, 256, 256)  # a ramp from 118 to 138
    found = guided(soft, picture)[0, 128]
    assert float(found[128] - found[127]) > 6 * 1 / 20  # the ramp's step is a twentieth
    assert float(found[100]) == pytest.approx(0, abs=0.02) and float(found[156]) == pytest.approx(1, abs=0.02)
    assert float(guided(torch.full((1, 256, 256), 0.3), picture).sub(0.3).abs().max()) < 1e-3


def test_frames_are_mixed_with_the_background_by_their_opacity() -> None:
    background = Background(np.full((1, 3, 3), (10, 20, 250), np.uint8), torch.zeros(1, 2, 2))
    frame = np.full((1, 3, 3), (110, 20, 255), np.uint8)
    mixed = background.behind(frame, np.array([[0, 51, 255]], np.uint8))
    assert mixed.tolist() == [[[10, 20, 250], [30, 20, 251], [110, 20, 255]]]


GREY = Portrait(np.full((32, 32, 3), 120, np.uint8), Box(0, 0, 32), np.full((32, 32, 3), 120, np.uint8))


def test_a_background_is_made_where_it_is_asked_for_by_name(tiny_model: X2Face) -> None:
    source = ModelSource.of(tiny_model, to_tensor([GREY.crop]))
    assert Background.kept("move", GREY, source) is None
    with pytest.raises(UsageError, match="background is 'blur'; it may be move or keep"):
        Background.kept("blur", GREY, source)


def test_a_picture_without_a_person_is_refused(tiny_model: X2Face, monkeypatch: pytest.MonkeyPatch) -> None:
    source = ModelSource.of(tiny_model, to_tensor([GREY.crop]))
    monkeypatch.setattr("x2face_core.rendering.background.person_matte", lambda picture: torch.full((1, 32, 32), 0.29))
    with pytest.raises(UsageError, match="^--background keep: no person is made out .* leave it out"):
        Background.kept("keep", GREY, source)
    monkeypatch.setattr("x2face_core.rendering.background.person_matte", lambda picture: torch.full((1, 32, 32), 0.31))
    assert Background.kept("keep", GREY, source) is not None


@pytest.fixture(scope="module")
def sitter() -> Portrait:
    return Cropping(side=SIDE).portrait(PICTURE)


@pytest.mark.weights
def test_the_matte_of_a_rendered_head_has_head_hair_and_shoulders_and_no_wall(sitter: Portrait) -> None:
    matte = person_matte(to_tensor([sitter.crop])[0])[0]
    middle = SIDE // 2
    assert matte.shape == (SIDE, SIDE) and float(matte.min()) >= 0 and float(matte.max()) <= 1
    for y, x in ((middle, middle), (SIDE // 8, middle), (SIDE - 2, middle)):  # face, hair, chest
        assert matte[y, x] > 0.95, (y, x)
    for y, x in ((4, 4), (4, SIDE - 5), (middle, 3), (middle, SIDE - 4)):
        assert matte[y, x] < 0.05, (y, x)


class Turning:
    """Turns the head to one side and back."""

    relative = True

    def drive(self, source: Any) -> Any:
        pose = source.mapping("pose")
        turns = torch.tensor([[0.0, 0, 25], [0, 12, -25], [0, 0, 0]])
        yield Chunk(pose.write(turns) - pose.write(torch.zeros(1, 3)), 25.0)


@pytest.mark.weights
def test_a_kept_background_stands_still_and_the_head_moves_as_without(sitter: Portrait) -> None:
    from x2face_plugins.session import Session

    session = Session.load(device="cpu", engine="torch")
    source = session.source(to_tensor([sitter.crop]))
    background = Background.kept("keep", sitter, source)
    assert background is not None
    plain, kept = (
        np.stack(
            list(
                finished(
                    animate_source(source, [active("turning", Turning())], matte=matte), [sitter], background=background
                )
            )
        )
        for matte in (None, background.matte)
    )
    wall = np.s_[:, SIDE // 3 : SIDE // 2, : SIDE // 8]
    face = np.s_[:, 3 * SIDE // 8 : 5 * SIDE // 8, 3 * SIDE // 8 : 5 * SIDE // 8]
    assert np.ptp(kept[wall].astype(int), axis=0).max() == 0
    assert np.ptp(plain[wall].astype(int), axis=0).max() > 0
    assert (kept[face] == plain[face]).all()
    assert np.abs(kept[2].astype(int) - sitter.crop).mean() < np.abs(kept[1].astype(int) - sitter.crop).mean() / 3

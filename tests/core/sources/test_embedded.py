"""The embedded face as a picture, out to a paint program and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from x2face_core.driving import Chunk, EmbeddedFace
from x2face_core.errors import InputError, WeightsError
from x2face_core.rendering.pipeline import animate
from x2face_core.sources.embedded import Repainted, write_embedded

from ...acting import active, painting

SPACE = "0" * 16


def face(side: int = 32, seed: int = 0) -> EmbeddedFace:
    texture = torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))
    return EmbeddedFace(texture, {"nose": (0.0, 0.1)})


def painted(path: Path, picture: np.ndarray) -> Path:
    Image.fromarray(picture).save(path)
    return path


class Noise:
    def drive(self, source: Any) -> Any:
        yield Chunk(np.random.default_rng(0).normal(size=(4, 128)), 25.0)


def test_there_and_back_loses_half_a_grey_level(tmp_path: Path) -> None:
    write_embedded(tmp_path / "new" / "face.png", face(), SPACE)
    back = Repainted(tmp_path / "new" / "face.png", SPACE).edit(face(seed=1), 0.0)
    assert (back.texture - face().texture).abs().max() <= 0.5 / 255 + 1e-6
    assert back.anchors == face().anchors


def test_frames_hardly_differ_after_a_round_trip_through_a_paint_program(tmp_path: Path, tiny_model: Any) -> None:
    pictures = torch.rand(2, 3, 48, 48, generator=torch.Generator().manual_seed(2))
    write_embedded(tmp_path / "face.png", tiny_model.embed(pictures), SPACE)
    with Image.open(tmp_path / "face.png") as image:  # saved again without what it said of itself, with alpha
        image.convert("RGBA").save(tmp_path / "again.png", pnginfo=None)
    overlay = painting("embedded", Repainted(tmp_path / "again.png", SPACE))
    plain, repainted = (
        np.stack([frame.picture for frame in animate(tiny_model, pictures, [active("noise", Noise())], overlays=these)])
        for these in ([], [overlay])
    )
    assert np.abs(plain.astype(int) - repainted.astype(int)).max() <= 1


def test_any_square_size_is_brought_to_the_size_of_the_film(tmp_path: Path) -> None:
    picture = painted(tmp_path / "large.png", np.full((80, 80, 3), 51, np.uint8))
    texture = Repainted(picture, SPACE).edit(face(), 0.0).texture
    assert texture.shape == (3, 32, 32)
    assert torch.allclose(texture, torch.tensor(0.2))


def test_where_the_picture_is_transparent_the_own_face_stays(tmp_path: Path) -> None:
    picture = np.zeros((32, 32, 4), np.uint8)
    picture[:, 16:] = (255, 0, 0, 255)
    texture = Repainted(painted(tmp_path / "half.png", picture), SPACE).edit(face(), 0.0).texture
    assert torch.equal(texture[:, :, :16], face().texture[:, :, :16])
    assert torch.equal(texture[:, 0, 16:], torch.tensor([1.0, 0, 0])[:, None].expand(3, 16))


def test_grey_and_deep_pictures_are_taken(tmp_path: Path) -> None:
    for name, grey in {"L.png": np.uint8(128), "deep.png": np.uint16(128 * 257)}.items():
        texture = Repainted(painted(tmp_path / name, np.full((32, 32), grey)), SPACE).edit(face(), 0.0).texture
        assert torch.allclose(texture, torch.tensor(128 / 255), atol=1e-3)


def test_what_cannot_be_an_embedded_face_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="40x32 pixels"):
        Repainted(painted(tmp_path / "wide.png", np.zeros((32, 40, 3), np.uint8)), SPACE)
    (tmp_path / "text.png").write_text("words")
    for name in ("text.png", "gone.png"):
        with pytest.raises(InputError, match=name):
            Repainted(tmp_path / name, SPACE)


def test_a_face_of_other_weights_is_refused(tmp_path: Path) -> None:
    write_embedded(tmp_path / "face.png", face(), "f" * 16)
    with pytest.raises(WeightsError, match="f" * 16):
        Repainted(tmp_path / "face.png", SPACE)

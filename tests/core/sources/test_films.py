"""Films as driving vectors, as mappings are fitted to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests import films as making
from x2face_core.errors import InputError
from x2face_core.sources.films import FilmReader, hold_last_seen, joined


def test_a_film_s_face_is_found_and_every_frame_is_a_row(tiny_model: Any, tmp_path: Path) -> None:
    path = making.write(tmp_path / "film.mp4", making.swaying(20), fps=20)
    counted: list[int] = []
    film = FilmReader(tiny_model, read=counted.append)
    vectors, fps = film(path)
    assert (tuple(vectors.shape), fps, film.films, sum(counted)) == ((20, 128), 20, 1, 20)
    whole, _ = FilmReader(tiny_model, whole=True)(path)
    assert not torch.equal(vectors, whole)


def test_a_film_without_a_face_has_no_rows_and_is_remembered(tiny_model: Any, tmp_path: Path) -> None:
    path = making.write(tmp_path / "wall.mp4", making.wall(10))
    film = FilmReader(tiny_model)
    assert tuple(film(path)[0].shape) == (0, 128)
    assert (film.films, film.faceless) == (0, [path])


def test_a_film_that_is_missing_or_none_is_an_input_error(tiny_model: Any, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    for name in ("gone.mp4", "text.mp4", "0"):
        with pytest.raises(InputError, match=name):
            FilmReader(tiny_model)(tmp_path / name)


def test_crops_are_encoded_as_they_are_in_batches(tiny_model: Any) -> None:
    counted: list[int] = []
    film = FilmReader(tiny_model, read=counted.append)
    crops = torch.from_numpy(np.random.default_rng(0).random((20, 3, film.side, film.side), dtype=np.float32))
    torch.testing.assert_close(film.encode(crops), tiny_model.encode(crops))
    assert counted == [16, 4] and tuple(film.encode(crops[:0]).shape) == (0, 128)


def test_frames_without_a_face_hold_the_last_one() -> None:
    vectors = torch.arange(7.0)[:, None].expand(-1, 3).clone()
    hold_last_seen(vectors, np.array([False, False, True, False, True, True, False]))
    assert vectors[:, 1].tolist() == [2, 2, 2, 2, 4, 5, 5]


def test_parts_are_joined_in_order_however_many_there_are() -> None:
    rows = torch.arange(2 * 53.0).reshape(53, 2)
    for sizes in ([53], [16, 16, 16, 5], [1] * 53):
        assert torch.equal(joined(rows.split(sizes)), rows)

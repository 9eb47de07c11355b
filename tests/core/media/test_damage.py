"""Damaged files are read as far as they go, or refused in one line; never more than they hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import films
from x2face_core.errors import InputError
from x2face_core.media import opening
from x2face_core.media.images import read_picture
from x2face_core.media.sound import read_sound
from x2face_core.media.video import is_film, probe, read_frames

resource = pytest.importorskip("resource")
SEEDS = range(8)
READERS: list[Callable[[Path], object]] = [
    is_film,
    probe,
    lambda path: sum(1 for _ in read_frames(path)),
    read_sound,
    read_picture,
]


def damaged(content: bytes, seed: int) -> bytes:
    """Some bytes changed, anywhere or in the head, or set to 255; every fourth cut short as well."""
    random = np.random.default_rng(seed)
    changed = np.frombuffer(content, dtype=np.uint8).copy()
    places = random.integers(0, len(changed) if seed % 2 else min(len(changed), 1000), random.integers(1, 40))
    changed[places] = 255 if seed % 3 == 2 else random.integers(0, 256, len(places))
    return changed[: random.integers(1, len(changed)) if seed % 4 == 3 else None].tobytes()


def refused_or_read(path: Path) -> None:
    for read in READERS:
        try:
            read(path)
        except InputError as error:
            assert "\n" not in str(error) and path.name in str(error)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts", ".mov", ".flv"])
def test_damaged_films_end_in_no_traceback(tmp_path: Path, suffix: str) -> None:
    whole = films.write(tmp_path / f"whole{suffix}", films.swaying(8, size=(96, 64)), tone=True).read_bytes()
    for seed in SEEDS:
        (tmp_path / f"bad{suffix}").write_bytes(damaged(whole, seed))
        refused_or_read(tmp_path / f"bad{suffix}")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".webp", ".tiff", ".bmp", ".jp2", ".avif", ".tga", ".ico"])
def test_damaged_pictures_end_in_no_traceback(tmp_path: Path, suffix: str) -> None:
    if suffix not in Image.registered_extensions():
        pytest.skip(f"this Pillow writes no {suffix}")
    first, *others = [Image.fromarray(picture) for picture in films.swaying(3, size=(96, 64))]
    more: dict[str, Any] = {"save_all": True, "append_images": others} if suffix in {".gif", ".webp", ".png"} else {}
    first.save(tmp_path / f"whole{suffix}", **more)
    for seed in SEEDS:
        (tmp_path / f"bad{suffix}").write_bytes(damaged((tmp_path / f"whole{suffix}").read_bytes(), seed))
        refused_or_read(tmp_path / f"bad{suffix}")


@pytest.mark.parametrize("size", [40, 2000])
def test_a_film_that_is_cut_off_near_its_start_counts_as_a_broken_film(tmp_path: Path, size: int) -> None:
    whole = films.write(tmp_path / "whole.mp4", films.swaying(8, size=(96, 64))).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[:size])
    assert is_film(tmp_path / "cut.mp4")
    with pytest.raises(InputError, match=r"cut\.mp4: .*(is cut off before its first|it is broken, cut short)"):
        probe(tmp_path / "cut.mp4")


def test_damage_takes_no_memory_that_the_file_does_not_hold(tmp_path: Path) -> None:
    whole = films.write(tmp_path / "whole.mp4", films.swaying(8, size=(96, 64)), tone=True).read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(100, 140):
        (tmp_path / "bad.mp4").write_bytes(damaged(whole, seed))
        refused_or_read(tmp_path / "bad.mp4")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # KiB


def test_a_film_of_more_pixels_than_are_read_is_an_input_error(
    tmp_path: Path, make_film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "MOST_PIXELS", 60 * 48)
    path = make_film()
    for read in (probe, lambda one: next(read_frames(one))):
        with pytest.raises(InputError, match="64x48 pixels"):
            read(path)

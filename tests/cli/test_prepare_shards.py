"""`x2face prepare --shards`: archives beside the folder, and a disk that is full."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.films import swaying, write
from x2face_core.data.shards.folder import ShardFolder
from x2face_core.data.shards.places import Place
from x2face_core.data.shards.reading import read_samples

KIB = 1024


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    film = write(folder / "a.mp4", swaying(27)).read_bytes()
    for name in ("b", "c"):
        (folder / f"{name}.mp4").write_bytes(film)
    return folder


def keys(place: str) -> list[str]:
    """Keys of all samples, as counted from the archives."""
    folder = ShardFolder(place)
    shards = folder.index.shards
    read = (read_samples(folder.place, one.name, len(one.clips), pytest.fail, lambda number: True) for one in shards)
    return sorted(sample.key for samples in read for sample in samples)


def test_every_clip_becomes_a_sample_once_however_often_it_is_run(
    x2face: Callable[..., Any], films: Path, tmp_path: Path
) -> None:
    tracks, shards = str(tmp_path / "tracks"), tmp_path / "shards"
    for place in (str(shards), str(shards), "memory://prepared"):
        said = x2face("prepare", str(films), tracks, "--workers", "1", "--shards", place)
        assert (said.code, said.out.strip()) == (0, tracks)
        assert keys(place) == ["a/a_0", "b/b_0", "c/c_0"]
    assert sorted(path.name for path in shards.iterdir()) == [
        "shards.json", "test-000000.tar", "train-000000.tar", "val-000000.tar"
    ]  # fmt: skip
    assert Place.of("memory://prepared").read("train-000000.tar") == (shards / "train-000000.tar").read_bytes()


@pytest.mark.parametrize(("place", "code"), [("nosuch://bucket", 3), ("", 2)])
def test_a_place_that_cannot_be_is_one_line(
    x2face: Callable[..., Any], films: Path, tmp_path: Path, place: str, code: int
) -> None:
    said = x2face("prepare", str(films), str(tmp_path / "tracks"), "--workers", "1", "--shards", place)
    assert (said.code, said.out, said.err.count("\n")) == (code, "", 1)
    assert not (tmp_path / "tracks").exists()


@pytest.mark.slow
def test_a_disk_that_is_full_leaves_no_half_shard_and_the_same_line_goes_on(films: Path, tmp_path: Path) -> None:
    """Files of 20 kB are the largest that can be written; a clip fits, and a shard does not."""
    line = [sys.executable, "-m", "x2face_cli", "prepare", str(films), str(tmp_path / "tracks"), "--workers", "1"]
    subprocess.run(line, check=True, capture_output=True)
    line += ["--shards", str(tmp_path / "shards")]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20 * KIB, 20 * KIB))

    full = subprocess.run(line, capture_output=True, text=True, preexec_fn=limited)
    assert full.returncode == 2
    assert full.stderr.splitlines()[-1].startswith(f"x2face: error: {tmp_path / 'shards'}")
    assert list((tmp_path / "shards").iterdir()) == []
    assert not list(tmp_path.rglob(".x2face-*"))
    subprocess.run(line, check=True, capture_output=True)
    assert keys(str(tmp_path / "shards")) == ["a/a_0", "b/b_0", "c/c_0"]

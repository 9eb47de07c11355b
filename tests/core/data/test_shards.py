"""Shards: what is written is read again, from disks and from object storage, and damage is left out."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.data.folder import FaceFolder
from x2face_core.data.shards.clips import Use, decoded
from x2face_core.data.shards.folder import ShardFolder, is_shards
from x2face_core.data.shards.index import INDEX, Index, read_index
from x2face_core.data.shards.places import Place
from x2face_core.data.shards.reading import Sample, read_samples
from x2face_core.data.shards.writing import write_shards
from x2face_core.data.tables import rows as table_rows
from x2face_core.errors import InputError, MissingError, UsageError

SMALL = 20_000  # bytes of a shard: one or two of the drawn clips


@pytest.fixture(params=["disk", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    found = Place.of(str(tmp_path / "shards") if request.param == "disk" else "memory://bucket/tracks")
    yield found
    if request.param == "memory":
        found.fs.rm("/", recursive=True)


def written(face_folder: Path, place: Place, tmp_path: Path, size: int = SMALL) -> Index:
    return write_shards(FaceFolder(face_folder), place, tmp_path / "scratch", size=size)


def samples(place: Place, index: Index, warnings: list[str] | None = None) -> list[Sample]:
    told = [] if warnings is None else warnings
    found = [
        sample
        for shard in index.shards
        for sample in read_samples(place, shard.name, len(shard.clips), told.append, lambda number: True)
    ]
    if warnings is None:
        assert told == []
    return found


def test_every_clip_is_in_one_shard_of_its_split(face_folder: Path, place: Place, tmp_path: Path) -> None:
    index = written(face_folder, place, tmp_path)
    assert read_index(place) == index
    rows = table_rows(face_folder / "clips.csv")
    assert sorted(sample.row["clip"] for sample in samples(place, index)) == sorted(row["clip"] for row in rows)
    assert len(index.of_split("train")) > 2
    for shard in index.shards:
        found = list(read_samples(place, shard.name, len(shard.clips), pytest.fail, lambda number: True))
        assert {sample.row["split"] for sample in found} == {shard.split}
        assert [(int(sample.row["frames"]), 6) for sample in found] == list(shard.clips)
        assert place.size(shard.name) == shard.bytes
    assert (index.clips, index.people, index.seconds) == (8, 4, {"drawn": pytest.approx(3.84)})


def test_films_are_the_same_bytes_and_labels_the_same_numbers(face_folder: Path, place: Place, tmp_path: Path) -> None:
    index = written(face_folder, place, tmp_path)
    folder = FaceFolder(face_folder)
    at = {clip.path.relative_to(face_folder / "clips").as_posix(): clip.row for clip in folder.clips}
    for sample in samples(place, index):
        row = at[sample.row["clip"]]
        assert sample.content == folder.clips[row].path.read_bytes()
        assert sample.labels is not None
        of_clip = folder.labels.clip == row
        np.testing.assert_array_equal(sample.labels["pose"], folder.labels.pose[of_clip])
        marked = folder.labels.landmark_ref[:, 0] == row
        np.testing.assert_array_equal(sample.labels["landmark_frame"], folder.labels.landmark_ref[marked, 1])
        np.testing.assert_array_equal(sample.labels["landmarks"].astype(np.float32), folder.labels.landmarks[marked])


def test_writing_again_writes_nothing_and_a_change_its_shard_only(face_folder: Path, tmp_path: Path) -> None:
    tracks, place = tmp_path / "tracks", Place.of(str(tmp_path / "shards"))
    shutil.copytree(face_folder, tracks)
    index = written(tracks, place, tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shards").glob("*.tar")}
    assert written(tracks, place, tmp_path) == index
    clip = next((tracks / "clips" / "drawn").iterdir())
    clip.write_bytes(clip.read_bytes() + b"\0" * 8)
    changed = written(tracks, place, tmp_path)
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shards").glob("*.tar")}
    assert sum(before[name] != after[name] for name in before) == 1
    assert sum(one != other for one, other in zip(index.shards, changed.shards, strict=True)) == 1


def test_the_same_clips_make_the_same_bytes_and_fewer_clips_leave_no_shard_behind(
    face_folder: Path, tmp_path: Path
) -> None:
    one, other = (Place.of(str(tmp_path / name)) for name in ("one", "other"))
    first = write_shards(FaceFolder(face_folder), one, tmp_path / "a", size=SMALL)
    second = write_shards(FaceFolder(face_folder), other, tmp_path / "b", size=SMALL)
    assert [shard.sha256 for shard in first.shards] == [shard.sha256 for shard in second.shards]
    whole = write_shards(FaceFolder(face_folder), one, tmp_path / "a", size=10 * SMALL * SMALL)
    assert one.files("*.tar") == sorted(shard.name for shard in whole.shards)
    assert len(whole.shards) == 3


def test_photographs_are_samples_too(face_folder: Path, tmp_path: Path) -> None:
    from x2face_core.media.images import write_picture

    tracks, place = tmp_path / "tracks", Place.of(str(tmp_path / "shards"))
    shutil.copytree(face_folder, tracks)
    (tracks / "pictures").mkdir()
    write_picture(tracks / "pictures" / "a.b.jpg", np.full((64, 64, 3), 90, np.uint8))
    (tracks / "pictures.csv").write_text("file,identity,source,split,over\na.b.jpg,q,drawn,train,0\n")
    labels = dict(np.load(face_folder / "labels.npz"))
    names = ("pose", "mouth_open", "mouth_width", "eye_left", "eye_right", "landmarks")
    np.savez(tracks / "pictures.npz", **{name: labels[name][:1] for name in names})
    index = written(tracks, place, tmp_path)
    still = next(sample for sample in samples(place, index) if "file" in sample.row)
    assert (still.key[:4], still.row["identity"]) == ("a-b-", "q")
    assert (0, 1) in [counts for shard in index.of_split("train") for counts in shard.clips]
    use = Use(32, labels=True, stills=True, statistics=index.statistics)
    clip = decoded(still, use)
    assert (clip.still, clip.pictures.shape) == (True, (1, 32, 32, 3))
    np.testing.assert_allclose(clip.pictures, 90, atol=2)


def rewritten(path: Path, change: Any) -> None:
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    ("damage", "lost", "words"),
    [
        (lambda data: data[: len(data) // 2], None, "cannot be read after|is cut short after"),
        (lambda data: b"", None, "cannot be read after 0 of|is cut short after 0 of"),
        (lambda data: b"\0" * len(data), None, "cut short after 0 of"),
        (lambda data: data.replace(b"ftypisom", b"ftypisoX", 1), 1, "is damaged .the checksum of its mp4 is another."),
    ],
)
def test_damage_is_told_in_a_line_and_the_rest_is_read(
    face_folder: Path, tmp_path: Path, damage: Any, lost: int | None, words: str
) -> None:
    place = Place.of(str(tmp_path / "shards"))
    index = written(face_folder, place, tmp_path)
    broken = index.of_split("train")[0]
    rewritten(tmp_path / "shards" / broken.name, damage)
    told: list[str] = []
    found = samples(place, index, told)
    assert len(told) == 1
    assert re.search(rf"/{broken.name}: .*({words})", told[0])
    everything = sum(len(shard.clips) for shard in index.shards)
    assert everything - len(broken.clips) <= len(found) < everything
    assert lost is None or len(found) == everything - lost


def test_a_missing_shard_is_told_and_the_rest_is_read(face_folder: Path, place: Place, tmp_path: Path) -> None:
    index = written(face_folder, place, tmp_path)
    place.remove(index.shards[0].name)
    told: list[str] = []
    assert len(samples(place, index, told)) == 12 - len(index.shards[0].clips)
    assert told == [
        f"{place.name(index.shards[0].name)}: is missing; its {len(index.shards[0].clips)} samples are left out."
    ]


def test_a_shard_that_cannot_be_written_leaves_neither_it_nor_an_index(
    face_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place.of(str(tmp_path / "shards"))

    def full(self: tarfile.TarFile, member: tarfile.TarInfo, stream: io.BytesIO | None = None) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(UsageError, match="No space left on device.*free some space"):
        patch.setattr(tarfile.TarFile, "addfile", full)
        written(face_folder, place, tmp_path)
    assert list((tmp_path / "shards").iterdir()) == []
    assert len(written(face_folder, place, tmp_path).shards) > 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "version"),
        ("[]", "shards.json: cannot be read"),
        ('{"version":1,"shards":[{"name":"../x.tar","split":"train"}]}', "shards.json: cannot be read"),
        ("no json", "write the shards again"),
    ],
)
def test_a_broken_index_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(InputError, match=words):
        ShardFolder(str(tmp_path))


def test_places_that_cannot_be_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no shards.json; `x2face prepare"):
        ShardFolder("memory://nowhere/at-all")
    with pytest.raises((InputError, MissingError), match="nosuch://bucket"):
        Place.of("nosuch://bucket")


def test_data_is_told_apart(tmp_path: Path, face_folder: Path) -> None:
    assert [is_shards(one) for one in ("s3://bucket/tracks", "a/train-*.tar", "b/train-{000..003}.tar")] == [True] * 3
    assert not is_shards(face_folder)
    (tmp_path / INDEX).write_text("{}")
    assert is_shards(tmp_path)


def test_a_pattern_chooses_shards(face_folder: Path, place: Place, tmp_path: Path) -> None:
    written(face_folder, place, tmp_path)
    chosen = ShardFolder(f"{place.text}/train-{{000001..000002}}.tar").training
    assert [shard.name for shard in chosen] == ["train-000001.tar", "train-000002.tar"]
    assert len(ShardFolder(f"{place.text}/*-000000.tar").training) == 1
    with pytest.raises(InputError, match="no shard of the split 'train' is named none-"):
        ShardFolder(f"{place.text}/none-*.tar")


def test_webdataset_reads_them(face_folder: Path, tmp_path: Path) -> None:
    """In a process of its own, for it leaves files open."""
    pytest.importorskip("webdataset")
    index = written(face_folder, Place.of(str(tmp_path / "shards")), tmp_path)
    files = [str(tmp_path / "shards" / shard.name) for shard in index.shards]
    code = "import json, sys, webdataset\nfor one in webdataset.WebDataset(sys.argv[1:], shardshuffle=False):\n"
    code += "    print(json.loads(one['json'])['clip'], len(one['mp4']), len(one['npz']) > 1000)"
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=True)
    clips = [clip.path for clip in FaceFolder(face_folder).clips]
    expected = [f"drawn/{clip.name} {clip.stat().st_size} True" for clip in clips]
    assert sorted(done.stdout.splitlines()) == sorted(expected)

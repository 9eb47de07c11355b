"""From photographs to square pictures of faces, alone and beside films."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.films import Picture, elsewhere, swaying, wall, write
from x2face_core.data.folder import FaceFolder
from x2face_core.data.preparing.cropping import beyond
from x2face_core.data.preparing.inputs import photograph_identity
from x2face_core.data.preparing.run import prepare
from x2face_core.data.preparing.tables import Report
from x2face_core.errors import InputError, NoFaceError
from x2face_core.geometry.mesh import IBUG
from x2face_core.media.boxes import Box


def save(path: Path, picture: Picture) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of one person, one of another, a film, and one of each that is of no use."""
    folder = tmp_path_factory.mktemp("photographs")
    one, two = swaying(2)
    save(folder / "anna" / "1.png", one)
    save(folder / "anna" / "2.jpg", two)
    save(folder / "bob.png", elsewhere([one])[0])
    save(folder / "small.png", swaying(1, size=(160, 120))[0])
    save(folder / "wall.png", wall(1)[0])
    (folder / "broken.jpg").write_bytes((folder / "anna" / "2.jpg").read_bytes()[:300])
    (folder / "notes.txt").write_text("no picture")
    write(folder / "talk.mp4", swaying(30))
    return folder


@pytest.fixture(scope="module")
def prepared(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "faces"
    prepare(photographs, out, workers=1)
    return out


def rows_of(out: Path) -> list[dict[str, str]]:
    with (out / "pictures.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def report_of(out: Path) -> Any:
    return json.loads((out / "prepared.json").read_text(encoding="utf-8"))


def test_the_table_has_the_columns_of_the_format(prepared: Path) -> None:
    head = (prepared / "pictures.csv").read_text(encoding="utf-8").splitlines()[0]
    assert head == "file,source,identity,kind,face_pixels,split,over"


def test_each_face_becomes_a_square_of_256_pixels(photographs: Path, prepared: Path) -> None:
    rows = rows_of(prepared)
    source = photographs.name
    assert [row["file"] for row in rows] == [f"{source}/{name}.jpg" for name in ("anna-1", "anna-2", "bob")]
    assert {row["source"] for row in rows} == {source}
    for row in rows:
        with Image.open(prepared / "pictures" / row["file"]) as picture:
            assert picture.size == (256, 256)
        assert int(row["face_pixels"]) == pytest.approx(92, abs=12)  # of the photograph


def test_folders_say_who_it_is_and_people_are_in_one_split(prepared: Path) -> None:
    rows = rows_of(prepared)
    assert [row["identity"] for row in rows] == ["anna", "anna", "bob"]
    splits = {row["identity"]: row["split"] for row in rows}
    assert sorted(splits.values()) == ["train", "val"]


@pytest.mark.parametrize(
    ("key", "identity"),
    [("a.jpg", "a"), ("anna/1.jpg", "anna"), ("anna/talk/1.jpg", "anna"), ("all/anna/talk/1.jpg", "anna")],
)
def test_the_layout_tells_identities(key: str, identity: str) -> None:
    assert photograph_identity(key, "a") == identity


def test_films_beside_them_become_clips(prepared: Path) -> None:
    with (prepared / "clips.csv").open(encoding="utf-8") as file:
        assert [row["identity"] for row in csv.DictReader(file)] == ["talk"]


def test_bad_pictures_are_told_with_their_reason_and_stop_nothing(prepared: Path) -> None:
    report = report_of(prepared)
    assert list(report["broken"]) == ["broken.jpg"]
    assert "broken picture" in report["broken"]["broken.jpg"] or "not a picture" in report["broken"]["broken.jpg"]
    assert report["without_face"] == ["wall.png"]
    assert report["dropped_pictures"] == {"too small": 1}
    (small,) = [row for row in report["pictures"] if row["why"] == "too small"]
    assert small["key"] == "small.png" and small["detail"].endswith("pixels")
    assert report["splits"]["train"]["pictures"] + report["splits"]["val"]["pictures"] == 3


def test_a_second_run_makes_nothing_anew(photographs: Path, prepared: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (prepared / "pictures").rglob("*.jpg")}
    table = (prepared / "pictures.csv").read_bytes()
    calls: list[tuple[int, int]] = []
    prepare(photographs, prepared, workers=1, progress=lambda done, total, record: calls.append((done, total)))
    assert {path: path.stat().st_mtime_ns for path in (prepared / "pictures").rglob("*.jpg")} == before
    assert (prepared / "pictures.csv").read_bytes() == table
    assert calls == [(6, 7), (7, 7)]  # the broken one is tried again


def test_a_picture_that_changed_or_went_is_done_again_or_goes(tmp_path: Path) -> None:
    one, two = swaying(2)
    place = save(tmp_path / "in" / "a.png", one)
    save(tmp_path / "in" / "b.png", two)
    prepare(tmp_path / "in", tmp_path / "out", workers=1)
    first = (tmp_path / "out" / "pictures" / "in" / "a.jpg").read_bytes()
    save(place, elsewhere([one])[0])
    (tmp_path / "in" / "b.png").unlink()
    prepare(tmp_path / "in", tmp_path / "out", workers=1)
    assert (tmp_path / "out" / "pictures" / "in" / "a.jpg").read_bytes() != first
    assert [row["identity"] for row in rows_of(tmp_path / "out")] == ["a"]
    save(place, wall(1)[0])
    save(tmp_path / "in" / "c.png", two)
    prepare(tmp_path / "in", tmp_path / "out", workers=1)
    assert [row["identity"] for row in rows_of(tmp_path / "out")] == ["c"]
    assert not (tmp_path / "out" / "pictures" / "in" / "a.jpg").exists()


def test_one_picture_may_be_given_alone(tmp_path: Path) -> None:
    report = prepare(save(tmp_path / "me.png", swaying(1)[0]), tmp_path / "out", workers=1)
    assert [still.identity for still in report.stills] == ["me"]
    assert not (tmp_path / "out" / "clips.csv").exists()


def test_where_no_picture_shows_a_face_nothing_is_left(photographs: Path, tmp_path: Path) -> None:
    with pytest.raises(NoFaceError, match=r"no face was found in 1 picture;"):
        prepare(photographs / "wall.png", tmp_path / "out", workers=1)
    with pytest.raises(NoFaceError, match="1 too small"):
        prepare(photographs / "small.png", tmp_path / "out", workers=1)
    with pytest.raises(InputError, match=r"broken\.jpg"):
        prepare(photographs / "broken.jpg", tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("box", "share"),
    [
        (Box(10, 10, 100), 0.0),
        (Box(-10, 5, 100), 0.1),
        (Box(10, -25, 100), 0.25),
        (Box(110, 0, 100), 0.1),
        (Box(-10, 115, 100), 0.15),
    ],
)
def test_over_is_the_share_of_the_side_beyond_the_edge(box: Box, share: float) -> None:
    assert beyond(box, np.zeros((200, 200, 3), np.uint8)) == pytest.approx(share)


def test_beyond_the_edge_the_border_is_repeated(tmp_path: Path) -> None:
    cut = swaying(1)[0][:, 100:]
    report = prepare(save(tmp_path / "cut.png", cut), tmp_path / "out", workers=1)
    (still,) = report.stills
    with Image.open(tmp_path / "out" / "pictures" / still.file) as picture:
        pixels = np.asarray(picture).astype(int)
    columns = round(still.over * 256)
    assert columns > 10
    assert np.abs(pixels[:, : columns - 4] - pixels[:, :1]).mean() < 3


def test_thousands_of_photographs_leave_the_films_people_their_own_splits(tmp_path: Path) -> None:
    from x2face_core.data.preparing.records import Clip, Record, Still

    films = [Record(name, "", (Clip(name, name, name, 0, 1, 25, False, 100),)) for name in ("a", "b", "c")]
    stills = [Still(str(k), "", file=f"{k}.jpg", identity=str(k)) for k in range(1000)]
    alone = Report.of(films, [], tmp_path).splits
    both = Report.of(films, [*stills, Still("x", "", file="x.jpg", identity="a")], tmp_path)
    assert {name: both.splits[name] for name in "abc"} == alone
    assert sorted(alone.values()) == ["test", "train", "val"]
    assert both.stills_of_split("val")[1] in (150, 151)


@pytest.mark.landmarks
def test_pictures_are_labelled(photographs: Path, prepared: Path, tmp_path: Path) -> None:
    assert not (prepared / "pictures.npz").exists()
    out = tmp_path / "out"
    report = prepare(photographs, out, workers=1, landmarks=True)
    assert report.stills_labelled and report.labelled
    with np.load(out / "pictures.npz") as data:
        labels = dict(data)
    names = ["eye_left", "eye_right", "gaze", "landmarks", "mesh", "mouth_open", "mouth_width", "pose"]
    assert sorted(labels) == names
    assert {len(column) for column in labels.values()} == {len(rows_of(out))} == {3}
    assert labels["landmarks"].shape[1:] == (68, 3) and labels["mesh"].shape[1:] == (478, 3)
    assert (labels["mesh"].dtype, labels["pose"].dtype, labels["gaze"].dtype) == (np.int16, np.float32, np.float16)
    tip = labels["landmarks"][:, 30].astype(float)
    assert tip[:, :2].mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.1)
    assert labels["mesh"][:, IBUG] / 8 / 256 == pytest.approx(labels["landmarks"].astype(float), abs=1e-3)
    assert labels["pose"][2] == pytest.approx(labels["pose"][0] * [-1, 1, -1], abs=4)  # mirrored
    stills = FaceFolder(out).stills
    assert stills is not None and stills.labels is not None
    assert stills.labels.gaze is not None and stills.labels.gaze.shape == (3, 2)
    assert [still.path.is_file() for still in stills.pictures] == [True] * 3
    once = (out / "pictures.npz").read_bytes()
    prepare(photographs, out, workers=1, landmarks=True)
    assert (out / "pictures.npz").read_bytes() == once

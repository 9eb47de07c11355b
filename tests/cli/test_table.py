"""`x2face table`: its figures counted anew from the films that it keeps and that `run` renders, and its errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from x2face_core.data.folder import FaceFolder
from x2face_core.media.images import read_picture
from x2face_core.model import X2Face
from x2face_core.pixels import to_pictures
from x2face_lab.evaluation.tracks import clips_of, read_clip
from x2face_lab.tables.reconstruction import FilmFolder, Pair, measure_pairs, read_pairs, table_1

from ..tiny_weights import save_tiny


def test_a_recount_from_the_films_gives_the_same_figures(x2face: Callable, face_folder: Path, tmp_path: Path) -> None:
    one, two = save_tiny(tmp_path, "one", moving=0.05), save_tiny(tmp_path, "two", recipe="identity", moving=0.1)
    line = ["table", "1", "--data", str(face_folder), "--weights", str(one), "--weights", str(two), "--json"]
    result = x2face(*line, "-o", str(tmp_path / "films"))
    assert result.code == 0, result.err
    found = json.loads(result.out)
    assert (found["split"], found["clips"], found["people"], found["pairs"]) == ("test", 2, 1, 2)
    assert [(row["stage"], row["sources"]) for row in found["rows"]] == [("I", 1), ("I", 3), ("II", 1), ("II", 3)]
    models = {"one": X2Face.load(one), "two": X2Face.load(two)}
    again = read_pairs(tmp_path / "films")
    copied = [Pair("copy", count, "", "", 0, 1.0) for count in (1, 3)]
    for row, counted in zip(found["rows"], table_1(models, [*again, *copied])["rows"], strict=True):
        assert {k: v for k, v in row.items() if not k.endswith("interval")} == counted
    assert len({round(row["l1_by_clip"], 4) for row in found["rows"]}) == 4
    assert x2face(*line, "-o", str(tmp_path / "films")).code == 2  # it holds files


def test_a_film_that_run_renders_has_the_same_l1(x2face: Callable, face_folder: Path, tmp_path: Path) -> None:
    weights, clip = save_tiny(tmp_path, "one", moving=0.05), clips_of(FaceFolder(face_folder), "test")[0]
    films = FilmFolder(tmp_path / "films")
    pairs = measure_pairs({"one": X2Face.load(weights)}, [clip], films.keep)
    (pair,) = [pair for pair in pairs if (pair.weights, pair.sources) == ("one", 1)]
    first = read_clip(clip.path, 1)
    films.keep("source", "first.mp4", [0], to_pictures(first))
    source = tmp_path / "films" / "source" / "first" / "000000.png"
    options = ["--frame-absolute", "--crop", "none", "--frame-crop", "none", "--size", "256", "--weights", str(weights)]
    result = x2face("run", "-s", str(source), "--frame", str(clip.path), *options, "-o", f"{tmp_path / 'made'}/")
    assert result.code == 0, result.err
    made = np.asarray(read_picture(tmp_path / "made" / f"{pair.frame:06d}.png"), float)
    true = (read_clip(clip.path, clip.frames)[pair.frame] * 255).permute(1, 2, 0).numpy()
    assert np.abs(made - true).mean() / 255 == pytest.approx(pair.l1, abs=1e-3)


def test_what_is_wrong_is_one_line(x2face: Callable, face_folder: Path, tmp_path: Path) -> None:
    weights = str(save_tiny(tmp_path, "one"))
    for options, code, named in (
        (["--data", str(tmp_path / "none")], 3, "no such folder"),
        (["--data", str(face_folder), "--weights", weights, "--weights", weights], 2, "given twice"),
        (["--data", str(face_folder), "--weights", "nobody"], 5, "no weights of this name"),
        ([], 2, "--data DIR"),
    ):
        result = x2face("table", "1", *options)
        assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1), result.err
        assert named in result.err


def test_table_2_is_printed_and_is_one_json_object(x2face: Callable, face_folder: Path, tmp_path: Path) -> None:
    line = ["table", "2", "--data", str(face_folder), "--steps", "2", "--weights", str(save_tiny(tmp_path, "one"))]
    result = x2face(*line)
    assert result.code == 0, result.err
    assert result.out.splitlines()[0].split()[:4] == ["method", "roll", "pitch", "yaw"]
    assert "paper, AFLW: X2Face               " in result.out and "14.62" in result.out
    found = json.loads(x2face(*line, "--json").out)
    assert (found["table"], found["pictures"], found["learned_from"]) == (2, 24, 96)


def test_what_is_wrong_with_table_2_is_one_line(x2face: Callable, face_folder: Path, tmp_path: Path) -> None:
    weights = ["--weights", str(save_tiny(tmp_path, "one"))]
    for options, code, named in (
        ([], 2, "--data DIR"),
        (["--pictures", str(tmp_path)], 2, "belong together"),
        (["--pictures", str(tmp_path), "--poses", str(tmp_path / "none.csv")], 3, "none.csv: cannot be read"),
        (["--data", str(face_folder), "--split", "train"], 2, "is what is learned from"),
    ):
        result = x2face("table", "2", *weights, *options)
        assert (result.code, result.out, len(result.err.splitlines())) == (code, "", 1), result.err
        assert named in result.err

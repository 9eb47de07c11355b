"""Table 1: figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from x2face_core.data.folder import FaceFolder
from x2face_core.errors import InputError
from x2face_core.model import X2Face
from x2face_lab.evaluation.tracks import clips_of, read_clip
from x2face_lab.tables.reconstruction import Pair, balanced, measure_pairs, table_1

from ...tiny_weights import save_tiny


def test_people_count_alike_and_clips_count_alike() -> None:
    values = {("a", "a1"): [0.1, 0.3], ("a", "a2"): [0.4], ("b", "b1"): [0.9]}
    found = balanced(Pair("w", 1, who, clip, 0, l1) for (who, clip), l1s in values.items() for l1 in l1s)
    assert found.by_person == pytest.approx(((0.2 + 0.4) / 2 + 0.9) / 2)
    assert found.by_clip == pytest.approx((0.2 + 0.4 + 0.9) / 3)


def test_gains_are_over_one_source_of_the_first_weights(tmp_path: Path) -> None:
    models = {
        name: X2Face.load(save_tiny(tmp_path, name, recipe))
        for name, recipe in (("one", "guided"), ("two", "identity"))
    }
    l1 = {("one", 1): 0.10, ("one", 3): 0.08, ("two", 1): 0.09, ("two", 3): 0.045, ("copy", 1): 0.2, ("copy", 3): 0.3}
    found = table_1(models, [Pair(name, count, "a", "a1", 5, value) for (name, count), value in l1.items()])
    rows = {(row["stage"], row["sources"]): row for row in found["rows"]}
    assert {key: row["gain_by_person"] for key, row in rows.items()} == pytest.approx(
        {("I", 1): 0, ("I", 3): 0.2, ("II", 1): 0.1, ("II", 3): 0.55}
    )
    assert rows["II", 3]["gain_3_by_clip"] == pytest.approx(0.5)
    assert rows["II", 3]["paper"] == {"l1": 0.0521, "gain": 0.1762}  # as printed
    assert found["copy"]["3"] == {"l1_by_person": 0.3, "l1_by_clip": 0.3}


def test_a_network_that_copies_has_the_error_of_copying(face_folder: Path, tmp_path: Path) -> None:
    clips = clips_of(FaceFolder(face_folder), "test")
    pairs = measure_pairs({"still": X2Face.load(save_tiny(tmp_path, "still"))}, clips)
    assert [pair.frame for pair in pairs if (pair.weights, pair.sources) == ("still", 1)] == [10, 10]  # of 0, 5, 10, 11
    for clip in clips:
        film = read_clip(clip.path, clip.frames)
        expected = float((film[0] - film[10]).abs().mean())
        for weights in ("copy", "still"):
            (pair,) = [p for p in pairs if (p.weights, p.sources) == (weights, 1) and p.clip.endswith(clip.path.name)]
            assert pair.l1 == pytest.approx(expected, abs=2e-3)
        (fused,) = [p for p in pairs if (p.weights, p.sources) == ("still", 3) and p.clip.endswith(clip.path.name)]
        assert fused.l1 == pytest.approx(float((film[[0, 5, 11]].mean(0) - film[10]).abs().mean()), abs=2e-3)


def test_clips_too_short_are_refused(face_folder: Path, tmp_path: Path) -> None:
    clips = [replace(clip, frames=5) for clip in clips_of(FaceFolder(face_folder), "test")]
    with pytest.raises(InputError, match="longer clips are needed"):
        measure_pairs({"one": X2Face.load(save_tiny(tmp_path, "one"))}, clips)

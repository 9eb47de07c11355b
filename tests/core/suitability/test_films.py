"""What is found of a film, and of how far a run turns the head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests import films
from x2face_core.media.boxes import Box
from x2face_core.media.clips import open_clip
from x2face_core.suitability.films import frames_without_face, of_film
from x2face_core.suitability.findings import Finding
from x2face_core.suitability.reach import PITCH, YAW, Turns


def readings(*yaws: float, pitch: float = 0.0) -> torch.Tensor:
    table = torch.zeros(len(yaws), 7)
    table[:, 2], table[:, 1] = torch.tensor(yaws), pitch
    return table


def test_frames_beyond_the_weights_reach_are_counted() -> None:
    turns = Turns()
    turns.add(readings(0, YAW, -YAW - 15))
    turns.add(readings(YAW + 2))
    assert (turns.frames, turns.beyond, turns.yaw) == (4, 2, YAW + 15)
    found = turns.finding("less")
    assert found.status == "warn" and found.value == 0.5
    assert found.says == "in 2 of 4 frames the head turns up to 45° sideways, and the weights follow to 30°"


def test_one_frame_in_a_hundred_is_not_warned_of_and_large_pitch_is() -> None:
    turns = Turns()
    turns.add(readings(*[0] * 99, 60))
    assert turns.finding("less").status == "ok"
    up = Turns()
    up.add(readings(0, pitch=PITCH + 5))
    assert "35° up or down, and the weights follow to 30°" in up.finding("less").says
    assert Turns().finding("less").status == "ok"


def test_frames_without_the_face_are_warned_of() -> None:
    assert frames_without_face(np.array([True] * 95 + [False] * 5)).status == "ok"
    found = frames_without_face(np.array([True, False]))
    assert (found.status, found.says) == ("warn", "the face is gone in 50% of the frames")


def by_name(path: Path, model: Any, **more: Any) -> dict[str, Finding]:
    return {one.name: one for one in of_film(open_clip(str(path), "film", "auto", 1.6, **more), 1.6, model)}


def test_a_film_of_a_face_that_goes_away(tmp_path: Path, tiny_model: Any) -> None:
    there = films.write(tmp_path / "a.mp4", films.swaying(30))
    found = by_name(there, tiny_model)
    assert list(found) == ["faces", "lost", "edges", "size", "light", "sharpness", "turns"]
    assert [found[name].status for name in ("faces", "lost", "edges", "size", "light", "turns")] == ["ok"] * 6
    gone = films.write(tmp_path / "b.mp4", [*films.swaying(30), *films.wall(60)])
    assert by_name(gone, tiny_model)["lost"].status == "warn"


def test_of_two_faces_in_a_film_the_other_s_box_is_named(tmp_path: Path, tiny_model: Any) -> None:
    one = films.swaying(20)
    pairs = zip(one, films.elsewhere(one), strict=True)
    both = films.write(tmp_path / "a.mp4", [np.concatenate([left, right], axis=1) for left, right in pairs])
    found = by_name(both, tiny_model)["faces"]
    assert found.status == "warn" and found.says.startswith("2 faces are there, and number")
    box = Box.parse(found.remedy.split("--frame-crop ")[1])
    taken = open_clip(str(both), "film", "auto", 1.6).box
    assert abs(box.x - taken.x) > 200

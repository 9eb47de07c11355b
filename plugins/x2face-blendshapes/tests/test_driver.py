"""The driver: a take as offsets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from x2face_plugins import Source
from x2face_plugins.mappings.affine import offset_of

from x2face_blendshapes import Settings
from x2face_blendshapes.driver import BlendshapesDriver
from x2face_blendshapes.plugin import demo


def offsets(source: Source, path: Path, head: str, *rows: str, **more: Any) -> torch.Tensor:
    path.write_text("\n".join([f"Timecode,BlendshapeCount,{head}", *rows]) + "\n")
    driver = BlendshapesDriver(Settings(input=path, **more))
    vectors = torch.cat([torch.as_tensor(chunk.vectors) for chunk in driver.drive(source)])
    assert driver.frames == len(vectors)
    return vectors


def poses(source: Source, moved: torch.Tensor) -> torch.Tensor:
    """(n, 3): how far the head is turned from the source's own pose."""
    pose = source.factor("pose")
    return pose.read(source.vector + moved) - pose.read(source.vector[None])


def test_a_face_at_rest_moves_nothing(x2face_source: Source, tmp_path: Path) -> None:
    moved = offsets(x2face_source, tmp_path / "a.csv", "JawOpen,HeadYaw", "0:0:0:00,2,0,0.3", "0:0:1:00,2,0,0.3")
    torch.testing.assert_close(moved, torch.zeros(26, 128), atol=1e-3, rtol=0)


def test_irregular_rows_become_the_films_rate(x2face_source: Source, tmp_path: Path) -> None:
    rows = ("0:0:0:00,1,0", "0:0:0:15,1,0.5", "0:0:0:18,1,0.6", "0:0:0:48,1,1.6")
    moved = offsets(x2face_source, tmp_path / "a.csv", "JawOpen", *rows)
    assert len(moved) == 21  # 0.8 s at 25 a second, and the last moment
    torch.testing.assert_close(moved, torch.arange(21)[:, None] / 20 * moved[-1], atol=1e-3, rtol=1e-3)


def test_the_face_leaves_the_head_where_it_is(x2face_source: Source, tmp_path: Path) -> None:
    head = "JawOpen,MouthSmileLeft,MouthSmileRight,EyeBlinkLeft,EyeBlinkRight"
    moved = offsets(x2face_source, tmp_path / "a.csv", head, "0:0:0:00,5,1,1,1,1,1")
    assert moved.norm() > 1
    assert poses(x2face_source, moved).abs().max() < 0.1


def test_the_head_turns_by_the_angles_of_the_take(x2face_source: Source, tmp_path: Path) -> None:
    rows = ("0:0:0:00,3,0,0,0", "0:0:0:12,3,0.2,0.1,-0.1")
    moved = offsets(x2face_source, tmp_path / "a.csv", "HeadYaw,HeadPitch,HeadRoll", *rows, rest="first")
    pose, wanted = x2face_source.factor("pose"), torch.tensor([[0.0, 0, 0], [5.73, 5.73, -11.46]])
    asked = offset_of(pose, pose.read(x2face_source.vector[None]), wanted)  # more where frames show less
    torch.testing.assert_close(poses(x2face_source, moved[[0, -1]]), poses(x2face_source, asked), atol=0.1, rtol=0)
    assert (poses(x2face_source, moved[-1:]) * wanted[1:]).min() > 0


@pytest.mark.parametrize(("mirror", "right"), [(False, 0.1), (True, -0.1)])
def test_eyes_look_where_the_person_does(x2face_source: Source, tmp_path: Path, mirror: bool, right: float) -> None:
    head = "EyeLookOutLeft,EyeLookInRight,EyeLookUpLeft,EyeLookUpRight"  # to their left, and up
    moved = offsets(x2face_source, tmp_path / "a.csv", head, "0:0:0:00,4,0.5,0.5,1,1", mirror=mirror)
    eyes = x2face_source.factor("eyes")
    own = eyes.read(x2face_source.vector[None])
    wanted = offset_of(eyes, own, torch.tensor([[0.0, 0.0, right, -0.15]]))
    torch.testing.assert_close(moved, wanted, atol=1e-3, rtol=1e-3)


def test_the_demo_names_the_channel_that_is_not_shown(tmp_path: Path) -> None:
    (warning,) = BlendshapesDriver(demo(tmp_path)).warnings
    assert "BrowInnerUp" in warning

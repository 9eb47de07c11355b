"""Frames for a device that is taken for a camera; a raw file stands in for the device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from x2face_core.errors import UsageError
from x2face_core.media.virtual_camera import VirtualCamera, check_device


def test_frames_arrive_as_planes_of_luma_and_chroma(tmp_path: Path) -> None:
    grey, red = np.full((17, 24, 3), 128, np.uint8), np.zeros((17, 24, 3), np.uint8)
    red[..., 0] = 255
    with VirtualCamera(tmp_path / "device", form="rawvideo") as camera:
        camera.show(grey)
        camera.show(red)
    planes = np.frombuffer((tmp_path / "device").read_bytes(), np.uint8).reshape(2, 16 * 24 * 3 // 2)
    luma, blue, reds = planes[:, : 16 * 24], planes[:, 16 * 24 : 16 * 30], planes[:, 16 * 30 :]
    assert np.abs(luma.mean(axis=1) - [126, 81]).max() < 2
    assert np.abs(blue.mean(axis=1) - [128, 90]).max() < 2
    assert np.abs(reds.mean(axis=1) - [128, 240]).max() < 2


@pytest.mark.parametrize(("name", "why"), [("none", "there is none"), ("file", "is no video device")])
def test_what_is_no_device_is_refused_with_what_makes_one(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"--virtual-camera .*{name}: {why}.*modprobe v4l2loopback.*OBS takes"):
        check_device(tmp_path / name)


def test_a_device_that_takes_no_video_is_told_in_a_line() -> None:
    check_device(Path("/dev/null"))
    with VirtualCamera(Path("/dev/null")) as camera, pytest.raises(UsageError, match="/dev/null: takes no frames"):
        camera.show(np.zeros((16, 16, 3), np.uint8))

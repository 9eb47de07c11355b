"""What the face mesh says, and that it says what the shared clips' labels say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.films import swaying, write
from tests.tracks import Look, landmarks
from x2face_core.data.folder import FaceFolder
from x2face_core.data.measuring import IBUG, measured
from x2face_core.data.pose import FRONT, UPPER_FACE, head_pose
from x2face_core.data.tables import EXPRESSIONS
from x2face_core.errors import InputError

SHARED = Path(os.environ.get("X2FACE_SHARED", Path(__file__).parents[4] / "shared")) / "data"
Floats = NDArray[np.float64]


def front() -> Floats:
    points = np.zeros((68, 3))
    points[UPPER_FACE] = FRONT
    return points


def turned(points: Floats, roll: float, pitch: float, yaw: float) -> Floats:
    """Degrees: clockwise, up, to the picture's right; y points down, z away."""
    r, p, y = np.deg2rad([roll, pitch, yaw])
    up = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    right = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    clockwise = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return points @ (clockwise @ right @ up).T


def test_the_front_face_has_no_pose() -> None:
    assert head_pose(front()) == pytest.approx(np.zeros(3), abs=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_degrees_have_the_signs_of_the_format(axis: int) -> None:
    degrees = np.eye(3)[axis] * 20
    expected = degrees * [1, 1.044, 1]
    assert head_pose(turned(front(), *degrees)) == pytest.approx(expected, abs=1e-6)


def test_size_and_place_do_not_matter() -> None:
    there = turned(front(), 5, 10, -15)
    assert head_pose(there * 90 + [40, 7, 3]) == pytest.approx(head_pose(there))


def test_many_faces_are_read_at_once() -> None:
    both = np.stack([front(), turned(front(), 0, 0, 30)])
    assert head_pose(both)[:, 2] == pytest.approx([0, 30])


def test_the_drawn_face_turns_the_same_way() -> None:
    still, up, right = (head_pose(landmarks(Look(pose=pose))) for pose in ((0, 0, 0), (0, 10, 0), (0, 0, 10)))
    assert up[1] - still[1] > 5
    assert right[2] - still[2] > 5


def test_openings_are_shares_of_the_face_however_it_is_turned() -> None:
    mesh = np.random.default_rng(0).normal(0, 0.1, (468, 3))
    mesh[[10, 152, 13, 14, 61, 291]] = [[0, -1, 0], [0, 1, 0], [0, 0.3, 0], [0, 0.5, 0], [-0.3, 0.4, 0], [0.3, 0.4, 0]]
    mesh[[33, 133, 159, 145]] = [[-0.5, 0, 0], [-0.1, 0, 0], [-0.3, -0.06, 0], [-0.3, 0.06, 0]]
    for seen in (mesh, turned(mesh, 10, 20, 30)):
        assert measured(seen).expression[:3] == pytest.approx([0.1, 0.3, 0.3])


def test_the_landmarks_are_68_different_vertices() -> None:
    assert len(set(IBUG.tolist())) == 68


def test_importing_the_measures_does_not_import_the_mesh() -> None:
    code = "import sys, x2face_core.data.measuring, x2face_core.data.preparing.run; print('mediapipe' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_tracks_are_labelled(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mediapipe")
    from x2face_core.data.preparing.run import prepare

    folder = write(tmp_path / "films" / "a.mp4", swaying(30)).parent
    write(folder / "b.mp4", [picture[:, ::-1] for picture in swaying(27)])
    prepare(folder, tmp_path / "out", workers=1)
    with pytest.raises(InputError):
        _ = FaceFolder(tmp_path / "out").labels
    clips = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.mp4")}
    prepare(folder, tmp_path / "out", workers=1, landmarks=True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.mp4")} == clips
    labels = FaceFolder(tmp_path / "out").labels
    assert np.bincount(labels.clip).tolist() == [30, 27]
    assert np.unique(labels.landmark_ref[:, 1] % 5).tolist() == [0]
    assert labels.landmarks.shape == (len(labels.landmark_ref), 68, 3)
    tip = labels.landmarks[:, 30, :2].mean(axis=0)
    assert tip == pytest.approx([0.5, 0.5], abs=0.1)
    a, b = (np.median(labels.pose[labels.clip == clip], axis=0) for clip in (0, 1))
    assert b == pytest.approx(a * [-1, 1, -1], abs=2.5)  # the mirrored face
    assert capfd.readouterr() == ("", "")


@pytest.mark.shared
def test_the_labels_own_landmarks_give_their_pose() -> None:
    labels = FaceFolder(SHARED).labels
    some = np.arange(0, len(labels.landmark_ref), 10)
    rows = labels.rows_of(*labels.landmark_ref[some].T)
    found = head_pose(labels.landmarks[some])
    for axis in range(3):
        assert np.corrcoef(found[:, axis], labels.pose[rows, axis])[0, 1] > 0.997
    assert np.median(np.abs(found - labels.pose[rows])) < 0.25


@pytest.mark.shared
@pytest.mark.slow
def test_the_mesh_measures_what_the_shared_labels_say() -> None:
    pytest.importorskip("mediapipe")
    from x2face_core.data.measuring import FaceMesh
    from x2face_core.media.video import read_frames

    folder = FaceFolder(SHARED)
    ours, theirs = [], []
    with FaceMesh() as mesh:
        for clip in [clip for clip in folder.clips if clip.yaw_range > 20 and 50 < clip.frames < 150][:6]:
            mesh.restart()
            found = [mesh.measure(picture) for picture in read_frames(clip.path)]
            seen = np.array([at for at, one in enumerate(found) if one is not None])
            rows = folder.labels.rows_of(np.full(len(seen), clip.row), seen)
            ours += [[*one.pose, *one.expression] for one in found if one is not None]
            theirs += np.concatenate([folder.labels.pose[rows], folder.labels.expression[rows]], axis=1).tolist()
    a, b = np.array(ours), np.array(theirs)
    correlation = {
        name: np.corrcoef(a[:, k], b[:, k])[0, 1] for k, name in enumerate(("roll", "pitch", "yaw", *EXPRESSIONS))
    }
    assert min(correlation[name] for name in ("roll", "pitch", "yaw")) > 0.95, correlation
    assert min(correlation[name] for name in EXPRESSIONS) > 0.85, correlation

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
from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.preparing import labelling
from x2face_core.data.preparing.labelling import columns, marked
from x2face_core.errors import InputError
from x2face_core.geometry.mesh import IBUG, Measured, measured
from x2face_core.geometry.pose import FRONT, UPPER_FACE, head_pose

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
    mesh = np.random.default_rng(0).normal(0, 0.1, (478, 3))
    mesh[[10, 152, 13, 14, 61, 291]] = [[0, -1, 0], [0, 1, 0], [0, 0.3, 0], [0, 0.5, 0], [-0.3, 0.4, 0], [0.3, 0.4, 0]]
    mesh[[33, 133, 159, 145]] = [[-0.5, 0, 0], [-0.1, 0, 0], [-0.3, -0.06, 0], [-0.3, 0.06, 0]]
    for seen in (mesh, turned(mesh, 10, 20, 30)):
        assert measured(seen).expression[:3] == pytest.approx([0.1, 0.3, 0.3])


def test_the_landmarks_are_68_different_vertices() -> None:
    assert len(set(IBUG.tolist())) == 68


def front_mesh(right: float, down: float) -> Floats:
    """The front face's mesh; its irises lie so many eye widths beside the middle of their eye."""
    mesh = np.zeros((478, 3))
    mesh[IBUG[UPPER_FACE]] = FRONT
    for iris, (one, other) in ((468, (33, 133)), (473, (362, 263))):
        width = np.linalg.norm(mesh[one] - mesh[other])
        mesh[iris] = (mesh[one] + mesh[other]) / 2 + width * np.array([right, down, 0])
    return mesh


@pytest.mark.parametrize("pose", [(0, 0, 0), (10, 20, -30)])
def test_gaze_is_where_the_irises_are_however_the_head_is_turned(pose: tuple[float, float, float]) -> None:
    mesh = front_mesh(0.1, -0.05)
    assert measured(turned(mesh, *pose)).gaze == pytest.approx([0.1, -0.05])
    mesh[473] = mesh[[362, 263]].mean(axis=0)  # the other eye looks ahead: the mean counts
    assert measured(turned(mesh, *pose)).gaze == pytest.approx([0.05, -0.025])


def one_row(number: float, lid: float = 0.3) -> Measured:
    expression = np.array([number, number, lid - 0.01, lid + 0.01])
    return Measured(np.full(3, number), expression, np.full(2, number), np.full((68, 3), number), np.zeros((478, 3)))


def test_landmarks_are_kept_of_every_fifth_frame_and_of_every_second_of_a_blink() -> None:
    lids = [0.3] * 6 + [0.17, 0.1, 0.1, 0.17, 0.19] + [0.3] * 6
    rows = {frame: one_row(0, lid) for frame, lid in enumerate(lids)}
    assert marked(rows) == {0, 5, 6, 8, 10, 15}
    assert columns([rows])["landmark_ref"].tolist() == [[0, frame] for frame in (0, 5, 6, 8, 10, 15)]
    assert marked({}) == set()


def test_labels_that_lack_an_array_are_not_whole(tmp_path: Path) -> None:
    labels = columns([{0: one_row(0)}])
    labelling.save(tmp_path / "whole.npz", labels)
    labelling.save(tmp_path / "old.npz", {name: labels[name] for name in labels if name != "gaze"})
    (tmp_path / "broken.npz").write_bytes(b"PK")
    names = ("whole.npz", "old.npz", "broken.npz", "none.npz")
    assert [labelling.is_whole(tmp_path / name) for name in names] == [True, False, False, False]


def test_labels_are_read_as_they_were_saved(tmp_path: Path) -> None:
    first, second = columns([{0: one_row(0), 5: one_row(1)}]), columns([{3: one_row(2)}])
    labelling.save(tmp_path / "one.npz", first)
    labelling.save(tmp_path / "two.npz", second)
    with np.load(tmp_path / "one.npz") as data:
        assert set(data) == set(first)
    both = labelling.joined([(labelling.load(tmp_path / name), at) for at, name in enumerate(("one.npz", "two.npz"))])
    assert both["clip"].tolist() == [0, 0, 1]
    assert both["landmark_ref"].tolist() == [[0, 0], [0, 5]]
    assert both["pose"].tolist() == [[0] * 3, [1] * 3, [2] * 3]
    assert both["gaze"].tolist() == [[0] * 2, [1] * 2, [2] * 2]


def test_importing_the_measures_does_not_import_the_mesh() -> None:
    code = "import sys, x2face_core.geometry.mesh, x2face_core.data.preparing.run; print('mediapipe' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.landmarks
def test_tracks_are_labelled(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from x2face_core.data.preparing.run import prepare

    folder = write(tmp_path / "films" / "a.mp4", swaying(30)).parent
    write(folder / "b.mp4", [picture[:, ::-1] for picture in swaying(27)])
    prepare(folder, tmp_path / "out", workers=1)
    with pytest.raises(InputError):
        _ = FaceFolder(tmp_path / "out").labels
    clips = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.mp4")}
    prepare(folder, tmp_path / "out", workers=1, landmarks=True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.mp4")} == clips
    once = (tmp_path / "out" / "labels.npz").read_bytes()
    for kept in (tmp_path / "out" / ".prepare").glob("*.npz"):  # of an earlier version: the clips are measured anew
        labels = labelling.load(kept)
        labelling.save(kept, {name: labels[name] for name in labels if name != "gaze"})
    prepare(folder, tmp_path / "out", workers=1, landmarks=True)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.mp4")} == clips
    assert (tmp_path / "out" / "labels.npz").read_bytes() == once
    labels = FaceFolder(tmp_path / "out").labels
    assert np.bincount(labels.clip).tolist() == [30, 27]
    assert labels.gaze is not None and np.abs(labels.gaze).max() < 0.3
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


@pytest.mark.landmarks
@pytest.mark.shared
@pytest.mark.slow
def test_the_mesh_measures_what_the_shared_labels_say() -> None:
    from x2face_core.geometry.mesh import FaceMesh
    from x2face_core.media.video import read_frames

    folder = FaceFolder(SHARED)
    assert folder.labels.gaze is not None
    the_values = np.concatenate([folder.labels.pose, folder.labels.expression, folder.labels.gaze], axis=1)
    clips, shut = [], []
    with FaceMesh() as mesh:
        for clip in blinking(folder)[::3]:
            mesh.restart()
            found = dict(enumerate(mesh.measure(picture) for picture in read_frames(clip.path)))
            frames = np.array([frame for frame, one in found.items() if one is not None])
            rows = folder.labels.rows_of(np.full(len(frames), clip.row), frames)
            both = [(found[frame], row) for frame, row in zip(frames, rows, strict=True) if row >= 0]
            a = np.array([[*one.pose, *one.expression, *one.gaze] for one, _ in both if one is not None])
            b = the_values[[row for _, row in both]]
            clips.append([np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(9)])
            shut += a[b[:, 5:7].mean(axis=1) < 0.12, 5:7].tolist()
    typical = np.median(clips, axis=0)
    assert typical[:3].min() > 0.85, typical
    assert typical[3:7].min() > 0.8, typical
    assert typical[7:].min() > 0.55, typical  # the irises hardly move in most of these clips
    assert len(shut) > 40 and np.median(shut) < 0.14


def blinking(folder: FaceFolder) -> list[Clip]:
    """A short clip with a blink of each person who has one."""
    reference = folder.labels.landmark_ref
    blinks = set(reference[reference[:, 1] % 5 != 0, 0].tolist())
    return list({c.identity: c for c in reversed(folder.clips) if c.row in blinks and 50 <= c.frames <= 150}.values())

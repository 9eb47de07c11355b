from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from synthetic_head.appearance import DRIVER, SITTER
from synthetic_head.film import write_truth
from synthetic_head.renderer import render
from synthetic_head.script import FPS, moments, state_at
from synthetic_head.state import State, rotation
from x2face_core.media.faces import find_faces
from x2face_core.media.images import read_picture
from x2face_core.media.video import probe, read_frames
from x2face_lab.demo.inputs import COLUMNS, FILM, PICTURE, TRUTH, read_truth

SIDE = 64


REST = State()


def head(state: State = REST, side: int = SIDE) -> np.ndarray:
    return render(state, DRIVER, side, fineness=1.0).astype(np.int16)


@pytest.fixture(scope="module")
def rest() -> np.ndarray:
    return head()


def test_the_same_state_gives_the_same_picture(rest: np.ndarray) -> None:
    assert rest.shape == (SIDE, SIDE, 3)
    assert np.array_equal(rest, head())


def test_positive_yaw_looks_to_the_right_of_the_picture() -> None:
    assert rotation(State(yaw=20))[0, 2] > 0.3


def test_positive_pitch_looks_up() -> None:
    assert rotation(State(pitch=20))[1, 2] > 0.3


def test_positive_roll_tips_the_crown_to_the_right() -> None:
    crown = rotation(State(roll=20))[:, 1]
    assert crown[0] > 0.3 and crown[1] > 0.9


def test_turned_heads_are_drawn_turned(rest: np.ndarray) -> None:
    dark = {yaw: _eyes(head(State(yaw=yaw))) for yaw in (-20.0, 20.0)}
    assert dark[-20.0] < _eyes(rest) < dark[20.0]


def _eyes(picture: np.ndarray) -> float:
    """The mean column of what is dark and bluish in the eyes' rows: the irises."""
    rows = picture[SIDE * 36 // 100 : SIDE * 42 // 100, SIDE // 4 : 3 * SIDE // 4]
    weight = np.clip(rows[..., 2] - rows[..., 0], 0, None) * (rows.sum(axis=2) < 330)
    return float((weight.sum(axis=0) * np.arange(weight.shape[1])).sum() / max(weight.sum(), 1))


def test_an_open_mouth_is_darker(rest: np.ndarray) -> None:
    changed = rest.sum(axis=2) - head(State(mouth_open=1)).sum(axis=2)
    y, x = np.unravel_index(changed.argmax(), changed.shape)
    assert changed[y, x] > 200
    assert abs(x - SIDE / 2) < 6 and 0.58 < y / SIDE < 0.75


def test_a_blink_changes_the_eyes_and_nothing_below(rest: np.ndarray) -> None:
    changed = np.abs(rest - head(State(blink=1))).sum(axis=2)
    assert changed[: SIDE // 2].max() > 100
    assert changed[SIDE // 2 :].max() == 0


def test_another_look_has_the_same_pose_and_other_colours(rest: np.ndarray) -> None:
    other = render(State(), replace(DRIVER, skin=SITTER.skin), SIDE, fineness=1.0)
    cheek = (slice(32, 38), slice(22, 26))
    assert rest[cheek].mean() > other[cheek].mean() + 20


def test_the_head_moves_without_jumps_and_comes_back_to_rest() -> None:
    states = [state_at(seconds) for seconds in moments()]
    for name, most in (("yaw", 4.0), ("pitch", 4.0), ("roll", 4.0), ("smile", 0.2)):
        values = np.array([getattr(state, name) for state in states])
        assert np.abs(np.diff(values)).max() < most
    assert states[0] == State() and states[-1] == State()


def test_the_truth_is_that_of_the_script(tmp_path) -> None:
    write_truth(tmp_path / "head.csv")
    assert (tmp_path / "head.csv").read_bytes() == TRUTH.read_bytes()


def test_the_truth_has_a_row_a_frame() -> None:
    truth = read_truth()
    frames = sum(1 for _ in read_frames(FILM))
    assert all(len(truth[name]) == frames for name in ("seconds", *COLUMNS))
    assert probe(FILM).fps == FPS
    assert np.allclose(truth["seconds"], np.arange(frames) / FPS)


def test_the_shipped_film_is_what_the_code_renders() -> None:
    for k, shipped in enumerate(read_frames(FILM)):
        if k == 30:
            made = render(state_at(k / FPS), DRIVER, 256, fineness=1.0)
            assert np.abs(shipped.astype(int) - made).mean() < 4
            return
    pytest.fail("the film is shorter than 31 frames")


def test_a_face_is_found_throughout_the_shipped_film_and_in_the_sitter() -> None:
    lost = [k for k, picture in enumerate(read_frames(FILM)) if k % 13 == 0 and not find_faces(picture)]
    assert lost == []
    assert len(find_faces(read_picture(PICTURE))) == 1


def test_the_shipped_files_are_small() -> None:
    assert FILM.stat().st_size <= 400_000
    assert PICTURE.stat().st_size <= 400_000

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from x2face_core.errors import InputError
from x2face_core.media.sound import has_sound, read_sound, read_sound_blocks

Maker = Callable[..., Path]


def test_a_wav_of_any_rate_reads_as_mono_of_the_rate_asked_for(make_wav: Maker, clicks: Any) -> None:
    sound = read_sound(make_wav(clicks(1.5, [0.5], 44100), 44100), 16000)
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(24000, abs=32)
    assert abs(int(np.abs(sound).argmax()) - 8000) < 80
    assert 0.5 < float(np.abs(sound).max()) <= 1


def test_blocks_are_the_whole_in_pieces(make_wav: Maker, clicks: Any) -> None:
    path = make_wav(clicks(1.25, [0.5]))
    blocks = list(read_sound_blocks(path, 16000, 0.5))
    assert [len(block) for block in blocks[:2]] == [8000, 8000]
    assert np.array_equal(np.concatenate(blocks), read_sound(path, 16000))


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mkv"])
def test_a_film_s_sound_is_in_the_film_s_time(make_film: Maker, clicks: Any, greys: Any, name: str) -> None:
    path = make_film(name, greys(50), sound=clicks(2, [0.8]))
    assert has_sound(path)
    assert abs(int(np.abs(read_sound(path)).argmax()) / 16000 - 0.8) < 0.01


def test_a_film_that_starts_late_takes_its_sound_along(make_film: Maker, clicks: Any, greys: Any) -> None:
    times = [0.4 + k / 25 for k in range(40)]
    path = make_film("late.mkv", greys(40), times=times, sound=clicks(2, [1.0]))
    assert abs(int(np.abs(read_sound(path)).argmax()) / 16000 - 0.6) < 0.01


def test_what_has_no_sound_is_said_to_have_none(make_film: Maker, tmp_path: Path) -> None:
    path = make_film()
    assert not has_sound(path)
    assert not has_sound(tmp_path / "none.wav")
    with pytest.raises(InputError, match="no sound"):
        read_sound(path)
    (tmp_path / "text.wav").write_text("hello\n" * 30)
    assert not has_sound(tmp_path / "text.wav")
    with pytest.raises(InputError, match=r"text\.wav"):
        read_sound(tmp_path / "text.wav")

"""Timecodes as seconds."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_blendshapes.timecodes import parse, seconds_of


def seconds(*texts: str, rate: int | None = None) -> list[float]:
    return [round(float(one), 4) for one in seconds_of([parse(text) for text in texts], rate)]


def test_the_last_part_counts_sixtieths_as_the_app_has_them() -> None:
    assert seconds("13:13:04:31.652", "13:13:04:33.652", "13:13:05:01.652") == [0, 0.0333, 0.5]


def test_a_take_of_seconds_tells_its_rate() -> None:
    whole = [f"00:00:{second:02d}:{frame:02d}" for second in range(3) for frame in range(25)]
    np.testing.assert_allclose(seconds_of([parse(text) for text in whole], None), np.arange(75) / 25)


def test_a_short_take_has_sixty_frames_a_second() -> None:
    assert seconds("00:00:00:00", "00:00:00:12") == [0, 0.2]


def test_a_rate_that_is_given_holds() -> None:
    assert seconds("00:00:00:00", "00:00:00:12", rate=24) == [0, 0.5]


def test_midnight_may_lie_between() -> None:
    assert seconds("23:59:59:30", "00:00:00:00", rate=60) == [0, 0.5]


@pytest.mark.parametrize("text", ["", "1.5", "00:00:01", "00:00:01:", "00:00:00:1e3", "a:b:c:d", "-1:00:00:00"])
def test_other_texts_are_no_timecodes(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)

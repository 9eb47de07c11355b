from __future__ import annotations

import pytest

from x2face_core.media.faces import Face
from x2face_core.media.tracking import Track, overlap, track_at

HERE, ASIDE, FAR = Face(0, 0, 10, 10, 1.0), Face(5, 0, 10, 10, 0.5), Face(50, 0, 10, 10, 2.0)


def test_overlap_is_the_shared_area_over_the_covered_one() -> None:
    assert overlap(HERE, HERE) == 1
    assert overlap(HERE, ASIDE) == pytest.approx(50 / 150)
    assert overlap(HERE, FAR) == 0


def test_a_face_belongs_to_the_first_track_that_was_last_seen_there() -> None:
    gone, near = Track({0: HERE, 5: FAR}), Track({0: ASIDE})
    assert track_at(HERE, [gone, near]) is near
    assert track_at(HERE, [gone, near], share=0.4) is None
    assert (gone.last, gone.surest) == (FAR, 2.0)


def test_a_square_grows_with_the_motion_up_to_its_limit() -> None:
    track = Track({k: Face(10.0 * k, 0, 10, 10, 1.0) for k in range(3)})  # centres at x 5, 15, 25; y 5
    low, high = 6, 24  # 5 % and 95 % of the centres
    free = track.box(1.6)
    assert free.side == pytest.approx(high - low + 1.2 * 10)
    assert (free.x + free.side / 2, free.y + free.side / 2) == pytest.approx((15, 5))
    assert track.box(1.6, growth=1.25).side == pytest.approx(1.25 * 16)

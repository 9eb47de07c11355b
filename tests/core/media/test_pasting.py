"""Pasting back, beside its formula over the whole box."""

from __future__ import annotations

import numpy as np
import pytest

from x2face_core.media.boxes import Box
from x2face_core.media.pasting import _placed, paste_back


def _ramp(start: float, side: float, size: int, feather: float) -> np.ndarray:
    centres = np.arange(size) + 0.5 - start
    return np.clip(np.minimum(centres, side - centres) / max(feather * side, 1e-6), 0, 1)


@pytest.mark.parametrize("feather", [0.0, 0.1, 0.5, 0.7])
@pytest.mark.parametrize("box", [Box(10.3, 7.7, 30.2), Box(-12, 20, 50), Box(20, 30.5, 200), Box(-5, -5, 300)])
def test_every_pixel_is_blended_by_its_distance_from_the_edge_of_the_box(box: Box, feather: float) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
    generated = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    share = np.minimum(_ramp(box.y, box.side, 60, feather)[:, None], _ramp(box.x, box.side, 90, feather)[None])
    weight = np.round(256 * share * share * (3 - 2 * share))[..., None]
    across = (max(0, int(np.floor(box.x))), min(90, int(np.ceil(box.x + box.side))))
    down = (max(0, int(np.floor(box.y))), min(60, int(np.ceil(box.y + box.side))))
    new = picture.astype(float)
    new[slice(*down), slice(*across)] = _placed(generated, box, across, down)
    wanted = np.floor((picture * (256 - weight) + new * weight + 128) / 256)
    np.testing.assert_array_equal(paste_back(picture, generated, box, feather), wanted)

"""Names that come from files lead nowhere else."""

from __future__ import annotations

import pytest

from x2face_core.errors import PluginError, WeightsError
from x2face_core.files.names import checked_dist, checked_space


@pytest.mark.parametrize(
    "space", ["", "..", "../../../etc", "0" * 15, "0" * 17, "A" * 16, "g" * 16, "0" * 16 + "\n", "0/" * 8]
)
def test_a_space_is_sixteen_digits_and_no_way_elsewhere(space: str) -> None:
    with pytest.raises(WeightsError, match="no fingerprint"):
        checked_space(space)
    assert checked_space("0123456789abcdef") == "0123456789abcdef"


@pytest.mark.parametrize("dist", ["", ".", "..", "../evil", "a/b", "a\\b", "-a", "a-", "a b", "a\n", "ä", "x" * 101])
def test_a_distribution_is_a_name_and_no_way_elsewhere(dist: str) -> None:
    with pytest.raises(PluginError, match="no name of a distribution"):
        checked_dist(dist)
    for good in ("x2face", "acme-stick", "Acme.Stick_2", "a", "7zip"):
        assert checked_dist(good) == good

"""Assignment of people to the splits train, val and test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from x2face_core.data.tables import Split

SHARES: dict[Split, float] = {"val": 0.15, "test": 0.10}
"""The rest, 0.75, is for training: section 5 of the paper."""


def split_groups(groups: Iterable[str]) -> dict[str, Split]:
    """The split of each group, from a hash of its name, so that it is reproducible.

    Two groups or more give at least one to val, three or more also one to test; a single group goes to train.
    """
    drawn = sorted(set(groups), key=lambda group: hashlib.sha256(group.encode()).digest())
    val = _share("val", len(drawn), least=2)
    test = _share("test", len(drawn), least=3)
    kept: dict[str, Split] = {group: "val" if at < val else "test" for at, group in enumerate(drawn[: val + test])}
    return {group: kept.get(group, "train") for group in drawn}


def _share(split: Split, count: int, least: int) -> int:
    return max(1, round(SHARES[split] * count)) if count >= least else 0

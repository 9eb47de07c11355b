"""Whether several sources show one person."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from x2face_core.errors import UsageError
from x2face_core.sources.portraits import Portrait, crops
from x2face_core.sources.source import Model
from x2face_core.suitability.findings import Finding, judged
from x2face_core.suitability.likeness import likeness_of

OTHER = 0.05
"""Mean likeness of two parts of the sources below which these show different people: that is refused."""
UNSURE = 0.15
"""Below this it may; it is warned of."""


def together(portraits: Sequence[Portrait], model: Model) -> Finding | None:
    """Whether sources look like one person; None where there is one source, or nothing was learned for the weights.

    fail where some look like somebody else
    """
    names = list(dict.fromkeys(portrait.name for portrait in portraits))
    learned = likeness_of(model.fingerprint)
    if len(names) < 2 or learned is None:
        return None
    textures = torch.stack([model.embed(one[None]).texture for one in torch.unbind(crops(portraits))])
    cosines = learned.between(textures)
    groups = [[k for k, one in enumerate(portraits) if one.name == name] for name in names]
    alike, apart = least_alike(cosines, groups)
    return verdict([names[k] for k in apart], len(names), alike)


def least_alike(cosines: Tensor, groups: Sequence[Sequence[int]]) -> tuple[float, list[int]]:
    """How alike the two parts are that sources fall into, and the numbers of those in the smaller one.

    The most alike parts are joined until two are left; how alike two are is the mean of all pairs of their pictures.
    cosines: (k, k) of pictures; groups: the pictures of each source, two sources at least
    """
    parts = [[number] for number in range(len(groups))]
    least, smaller = 1.0, parts[0]
    while len(parts) > 1:
        alike, a, b = max((_mean(cosines, groups, a, b), a, b) for a, b in combinations(parts, 2))
        if alike < least:
            least, smaller = alike, min(b, a, key=len)
        parts = [part for part in parts if part not in (a, b)] + [a + b]
    return least, sorted(smaller)


def _mean(cosines: Tensor, groups: Sequence[Sequence[int]], one: Sequence[int], other: Sequence[int]) -> float:
    """Of all pairs of a picture of one part and a picture of the other."""
    return float(cosines[_of(groups, one)][:, _of(groups, other)].mean())


def _of(groups: Sequence[Sequence[int]], part: Sequence[int]) -> list[int]:
    return [picture for number in part for picture in groups[number]]


def verdict(apart: Sequence[str], count: int, alike: float) -> Finding:
    """apart: the sources that are least like the others; count: of all of them; alike: how much"""
    whom = f"{' and '.join(apart)} {'look' if len(apart) > 1 else 'looks'}"
    others = "the other source" if count == 2 else "the other sources"
    if alike < OTHER:
        remedy = "pictures of one person suit, or --force takes them as one"
        return Finding("likeness", "fail", f"{whom} like somebody else than {others}", remedy, round(alike, 4))
    remedy = "where these are different people, or in another light, one source alone is sharper"
    says = f"{whom} only a little like {others}"
    return judged("likeness", alike >= UNSURE, "the sources look like one person", says, remedy, alike)


def refuse_strangers(portraits: Sequence[Portrait], model: Model) -> Finding | None:
    """As together. UsageError where a source looks like somebody else."""
    found = together(portraits, model)
    if found is not None and found.status == "fail":
        raise UsageError(found.line)
    return found

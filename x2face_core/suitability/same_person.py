"""Whether several sources show one person."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from x2face_core.errors import UsageError
from x2face_core.sources.portraits import Portrait, crops
from x2face_core.sources.source import Model
from x2face_core.suitability.findings import Finding, make_finding
from x2face_core.suitability.likeness import likeness_of

REFUSED_BELOW = 0.02
"""Mean cosine similarity of two clusters of the sources below which they are refused as different people."""
WARNED_BELOW = 0.15
"""The same, below which a warning is given."""


def same_person(portraits: Sequence[Portrait], model: Model) -> Finding | None:
    """Whether sources look like one person; None for one source, or if there is no learned projection for the weights.

    The status is fail if some sources look like a different person.
    """
    names = list(dict.fromkeys(portrait.name for portrait in portraits))
    learned = likeness_of(model.fingerprint)
    if len(names) < 2 or learned is None:
        return None
    textures = torch.stack([model.embed(one[None]).texture for one in torch.unbind(crops(portraits))])
    cosines = learned.cosines(textures)
    groups = [[k for k, one in enumerate(portraits) if one.name == name] for name in names]
    alike, apart = least_similar_clusters(cosines, groups)
    return verdict([names[k] for k in apart], len(names), alike)


def least_similar_clusters(cosines: Tensor, groups: Sequence[Sequence[int]]) -> tuple[float, list[int]]:
    """Average-linkage clustering: the lowest similarity at a merge, and the sources of the smaller cluster.

    cosines: (k, k) of pictures; groups: indices of the pictures of each source, at least two sources
    """
    clusters = [[number] for number in range(len(groups))]
    least, smaller = 1.0, clusters[0]
    while len(clusters) > 1:
        alike, a, b = max((_mean(cosines, groups, a, b), a, b) for a, b in combinations(clusters, 2))
        if alike < least:
            least, smaller = alike, min(b, a, key=len)
        clusters = [cluster for cluster in clusters if cluster not in (a, b)] + [a + b]
    return least, sorted(smaller)


def _mean(cosines: Tensor, groups: Sequence[Sequence[int]], one: Sequence[int], other: Sequence[int]) -> float:
    """Mean similarity of all pairs of pictures of two clusters."""
    return float(cosines[_of(groups, one)][:, _of(groups, other)].mean())


def _of(groups: Sequence[Sequence[int]], part: Sequence[int]) -> list[int]:
    return [picture for number in part for picture in groups[number]]


def verdict(apart: Sequence[str], count: int, alike: float) -> Finding:
    """apart: names of the least similar sources; count: of all sources; alike: mean similarity to the others"""
    whom = f"{' and '.join(apart)} {'look' if len(apart) > 1 else 'looks'}"
    others = "the other source" if count == 2 else "the other sources"
    if alike < REFUSED_BELOW:
        remedy = "pictures of one person suit, or --force takes them as one"
        return Finding("likeness", "fail", f"{whom} like somebody else than {others}", remedy, round(alike, 4))
    remedy = "where these are different people, or in another light, one source alone is sharper"
    says = f"{whom} only a little like {others}"
    return make_finding("likeness", alike >= WARNED_BELOW, "the sources look like one person", says, remedy, alike)


def refuse_different_people(portraits: Sequence[Portrait], model: Model) -> Finding | None:
    """As same_person. UsageError if a source looks like a different person."""
    found = same_person(portraits, model)
    if found is not None and found.status == "fail":
        raise UsageError(found.line)
    return found

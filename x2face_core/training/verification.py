"""Verification of held-out people: whether two pictures show one person, by the cosine of their descriptors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2face_core.identity.encoding import unit_descriptors
from x2face_core.networks.identity import IdentityNetwork
from x2face_core.training.identity_bank import IdentityBank

Floats = NDArray[np.float64]
_BATCH = 64
_MOST = 5000  # pictures, all pairs of which are compared


@dataclass(frozen=True)
class Trials:
    """Cosines of pairs of pictures, with weights that sum to 1 in each list.

    own, own_weight: of one person, every person alike; others, others_weight: of two, every two people alike
    own_fold, others_fold: 0 or 1, so that nobody's pictures are in trials of both, for thresholds of one fold
        tested on the other; others_fold is -1 for two people of different folds
    """

    own: Floats
    own_weight: Floats
    own_fold: NDArray[np.int64]
    others: Floats
    others_weight: Floats
    others_fold: NDArray[np.int64]


@torch.no_grad()
def verification(network: IdentityNetwork, bank: IdentityBank) -> dict[str, float]:
    """Figures of an identity network on people of a bank.

    eer: equal error rate over pairs of pictures from different files; a person of one file only gives pairs within it
    eer_same_source: the same against people of the same data source only, so that rooms and cameras do not tell
    accuracy: balanced accuracy at thresholds chosen on other people
    verified_people: people with two pictures or more
    NaN where there are no pairs
    """
    network.eval()
    bank = bank.thinned(_MOST)
    found = torch.cat([unit_descriptors(network, bank.floats(rows)) for rows in _rows(bank)]).cpu()
    trials, near = trials_of(found, bank), trials_of(found, bank, same_source=True)
    figures = {
        "eer": eer(trials.own, trials.own_weight, trials.others, trials.others_weight),
        "accuracy": accuracy(trials),
        "verified_people": float(int((bank.count > 1).sum())),
    }
    if len(near.others):
        figures["eer_same_source"] = eer(near.own, near.own_weight, near.others, near.others_weight)
    return figures


def _rows(bank: IdentityBank) -> tuple[Tensor, ...]:
    return torch.split(torch.arange(len(bank.pictures), device=bank.pictures.device), _BATCH)


def trials_of(found: Tensor, bank: IdentityBank, *, same_source: bool = False) -> Trials:
    """All pairs of unit vectors (n, d) of a bank's pictures.

    same_source: pairs of two people only if both pictures are of one data source
    """
    cosines = (found @ found.T).double().numpy()
    person, file, source = (part.cpu().numpy() for part in (bank.person, bank.file, bank.source))
    a, b = np.triu_indices(len(person), 1)
    same = person[a] == person[b]
    kept = same & ((file[a] != file[b]) | ~_several_files(person, file)[person[a]])
    strangers = ~same & ((source[a] == source[b]) | (not same_source))
    pairs = person[a] * (int(person.max(initial=0)) + 1) + person[b]
    fold = person % 2
    return Trials(
        cosines[a[kept], b[kept]],
        _balanced(person[a][kept]),
        fold[a][kept],
        cosines[a[strangers], b[strangers]],
        _balanced(pairs[strangers]),
        np.where(fold[a] == fold[b], fold[a], -1)[strangers],
    )


def _several_files(person: NDArray[np.int64], file: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(people,) whether a person's pictures are of several files."""
    files = np.unique(np.stack([person, file]), axis=1)[0]
    return np.bincount(files, minlength=int(person.max(initial=0)) + 1) > 1


def _balanced(group: NDArray[np.int64]) -> Floats:
    """Weights that sum to 1, and to the same in each group."""
    _, at, counts = np.unique(group, return_inverse=True, return_counts=True)
    weights: Floats = 1 / (counts[at] * max(1, len(counts)))
    return weights


def eer(own: Floats, own_weight: Floats, others: Floats, others_weight: Floats) -> float:
    """The error rate where as many pairs of one person fall below a threshold as of two above; NaN without pairs.

    own, others: (n,) and (m,) similarities of pairs of one person and of two, beside their weights
    """
    if not len(own) or not len(others):
        return float("nan")
    _, missed, passed = _rates(own, own_weight, others, others_weight)
    at = int(np.argmax(missed >= passed))
    before = max(0, at - 1)
    step = (passed[before] - missed[before]) - (passed[at] - missed[at])
    share = (passed[before] - missed[before]) / step if step > 0 else 0.0
    return float(missed[before] + share * (missed[at] - missed[before]))


def _rates(own: Floats, own_weight: Floats, others: Floats, others_weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Thresholds, ascending, and the shares of pairs of one person below, and of two at or above each."""
    thresholds = np.concatenate([np.unique(np.concatenate([own, others])), [np.inf]])
    missed = _below(own, own_weight, thresholds)
    return thresholds, missed, 1 - _below(others, others_weight, thresholds)


def _below(values: Floats, weights: Floats, thresholds: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    found: Floats = sums[np.searchsorted(values[order], thresholds, side="left")] / max(1e-12, sums[-1])
    return found


def accuracy(trials: Trials) -> float:
    """Mean share of right answers for one person and for two, by thresholds of the other fold; NaN if one is empty."""
    shares = []
    for fold in (0, 1):
        own, others = trials.own_fold == fold, trials.others_fold == fold
        theirs, strangers = trials.own_fold == 1 - fold, trials.others_fold == 1 - fold
        if not (own.any() and others.any() and theirs.any() and strangers.any()):
            return float("nan")
        thresholds, missed, passed = _rates(
            trials.own[theirs], trials.own_weight[theirs], trials.others[strangers], trials.others_weight[strangers]
        )
        best = np.array([thresholds[int(np.argmin(missed + passed))]])
        wrong = _below(trials.own[own], trials.own_weight[own], best) + 1
        wrong = wrong - _below(trials.others[others], trials.others_weight[others], best)
        shares.append(1 - float(wrong[0]) / 2)
    return sum(shares) / 2

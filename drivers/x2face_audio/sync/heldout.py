"""Evaluation of the sync encoder on held-out people."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from x2face_audio.sync.bank import SyncBank
from x2face_audio.sync.networks import REACH, SyncNetworks
from x2face_audio.sync.offset import FARTHEST, LEAST, embed_pairs, offset_of


@torch.no_grad()
def held_out(networks: SyncNetworks, bank: SyncBank) -> dict[str, float]:
    """Figures of the encoder.

    exact, within_1: share of clips whose offset, among 31 candidates, is estimated as 0, and as at most 1 frame;
        missing where no clip is long enough for all candidates
    exact_by_chance, within_1_by_chance: the same by guessing
    mouth: median over clips of the correlation of mouth opening with its linear prediction from sound, by two-fold
        cross-validation; missing without labels
    """
    networks.eval()
    found, features, measures = [], [], []
    for clip in range(len(bank)):
        frames = torch.arange(int(bank.count[clip]), device=bank.lips.device)
        here = torch.full_like(frames, clip)
        sound, lips = embed_pairs(networks, bank.sound(here, frames, 0), bank.lip_windows(here, frames))
        if len(frames) >= FARTHEST + LEAST:
            found.append(offset_of(sound, lips).frames)
        features.append(_context(networks, bank, clip))
        measures.append(bank.measures[int(bank.first[clip]) :][: len(frames), 0])
    mouth = _mouth(features, measures)
    return _offsets(found) | ({} if mouth is None else {"mouth": mouth})


def _offsets(found: list[int]) -> dict[str, float]:
    if not found:
        return {}
    off, candidates = np.abs(np.array(found)), 2 * FARTHEST + 1
    shares = {"exact": float((off == 0).mean()), "within_1": float((off <= 1).mean())}
    return shares | {"exact_by_chance": 1 / candidates, "within_1_by_chance": 3 / candidates}


def _context(networks: SyncNetworks, bank: SyncBank, clip: int) -> Tensor:
    frames = torch.arange(-REACH, int(bank.count[clip]) + REACH, device=bank.lips.device)
    features = networks.audio(bank.sound(torch.full_like(frames, clip), frames, 0))
    context: Tensor = networks.context(features[None])
    return context[0]


def _mouth(features: list[Tensor], measures: list[Tensor], ridge: float = 0.03) -> float | None:
    """Two-fold cross-validation: even clips are predicted by ridge regression on odd ones, and vice versa."""
    known = [
        (f.double().cpu() - f.double().cpu().mean(0), m.double().cpu() - m.double().cpu().mean())
        for f, m in zip(features, measures, strict=True)
        if not m.isnan().any()
    ]
    rows = []
    for fold in (0, 1):
        others = known[1 - fold :: 2]
        if not others or not known[fold::2]:
            return None
        x, y = torch.cat([f for f, _ in others]), torch.cat([m for _, m in others])
        gram = x.T @ x
        gram += ridge * gram.diagonal().mean() * torch.eye(len(gram), dtype=gram.dtype)
        weight = torch.linalg.solve(gram, x.T @ y)
        rows += [_correlation(f @ weight, m) for f, m in known[fold::2] if float(m.std()) > 0.25]
    return float(np.median(rows)) if rows else None


def _correlation(a: Tensor, b: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1].nan_to_num())

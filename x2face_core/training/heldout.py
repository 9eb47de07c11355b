"""Evaluation on held-out pairs during training, and contact sheets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from x2face_core.data.bank import Bank
from x2face_core.networks.x2face import X2FaceNetworks


@dataclass(frozen=True)
class HeldOut:
    """Pairs of frames of held-out people, the same at every evaluation.

    sources, driving: (n, 3, side, side), a frame and another of the same clip
    people: (n,) int64, index of the person in each pair
    """

    sources: Tensor
    driving: Tensor
    people: Tensor

    @classmethod
    def of(cls, bank: Bank, people: Tensor, count: int = 300, seed: int = 5) -> HeldOut:
        """Draw at most `count` pairs: driving frames by the bank's weights, sources uniformly from the same clips.

        people: (len(bank),) int64, index of the person in each frame
        """
        rng = torch.Generator().manual_seed(seed)
        weight = bank.weight.cpu()
        targets = torch.multinomial(weight, min(count, int((weight > 0).sum())), generator=rng)
        first, number = bank.first.cpu()[targets], bank.count.cpu()[targets]
        ahead = 1 + (torch.rand(len(targets), generator=rng) * (number - 1)).long()
        sources = first + (targets - first + ahead) % number
        rows = sources.to(bank.pictures.device), targets.to(bank.pictures.device)
        return cls(bank.floats(rows[0]), bank.floats(rows[1]), people.cpu()[targets])

    @torch.no_grad()
    def figures(self, networks: X2FaceNetworks) -> dict[str, float]:
        """L1 of the generated frames, of copying the source, the ratio of the two, and its mean over people."""
        networks.eval()
        generated = torch.cat(
            [networks(s, d) for s, d in zip(torch.split(self.sources, 50), torch.split(self.driving, 50), strict=True)]
        )
        l1 = (generated - self.driving).abs().mean((1, 2, 3)).cpu()
        copied = (self.sources - self.driving).abs().mean((1, 2, 3)).cpu()
        rows = [self.people == one for one in set(self.people.tolist())]
        ratios = [float(l1[row].sum() / copied[row].sum()) for row in rows]
        return {
            "held_l1": float(l1.mean()),
            "held_copy": float(copied.mean()),
            "held_ratio": float(l1.mean() / copied.mean()),
            "held_ratio_by_person": sum(ratios) / len(ratios),
        }

    @torch.no_grad()
    def sheet(self, networks: X2FaceNetworks, rows: int = 8) -> Tensor:
        """A picture (3, h, w): a row a pair: source, embedded, driving, generated; then, across people and relative:
        the driver's rest, its frame, and the source moved by the difference."""
        networks.eval()
        indices = torch.linspace(0, len(self.sources) - 1, rows).long()
        sources, driving = self.sources[indices], self.driving[indices]
        textures, _ = networks.embed(sources)
        v_source, v_driving = networks.encode(sources), networks.encode(driving)
        own = networks.render(textures, v_driving)
        across = networks.render(textures, v_source + v_driving.roll(1, 0) - v_source.roll(1, 0))
        columns = [sources, textures, driving, own, sources.roll(1, 0), driving.roll(1, 0), across]
        return torch.cat([torch.cat(list(column), dim=1) for column in columns], dim=2)

"""Training and judging the measuring network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_core.networks.measuring import FEATURES, MEASURES, MeasuringNetwork
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.pixels import to_tensor
from x2face_core.training.drawing import generator
from x2face_core.training.ema import EMA
from x2face_lab.evaluation.across import LEAST
from x2face_lab.measuring.gathering import Faces
from x2face_lab.measuring.varying import Batch, Batches

_POINTS = 70
_RATE, _END, _WARMUP, _DECAY, _CLIP = 2e-3, 0.02, 100, 0.02, 2.0
_AVERAGE = 0.998
_BETA, _FURTHEST = 0.2, 5.0  # of smooth L1, and of targets, in deviations
_WEIGHT = (1.5, 1.5, 1.5, 1.5, 1.5, 1.0, 1.0, 2.0, 1.0)
_LANDMARKS = 5.0
_FEWEST = 8  # frames of a film that is judged
_AT_ONCE = 64


class Objective(nn.Module):
    """The network with a head for landmarks, which only training has."""

    def __init__(self, network: MeasuringNetwork) -> None:
        super().__init__()
        self.network = network
        self.landmarks = nn.Linear(FEATURES, 2 * _POINTS)

    def forward(self, batch: Batch, each: int) -> Tensor:
        """The loss: of the measures, of how they differ within each group, and of the landmarks."""
        network = self.network
        features = network.features(batch.pictures)
        found = (network.of_features(features) - network.mean) / network.scale
        wanted = ((batch.measures - network.mean) / network.scale).clamp(-_FURTHEST, _FURTHEST)
        points: Tensor = self.landmarks(features).float().view(-1, _POINTS, 2)
        within: Tensor = _distance(_deviations(found, each), _deviations(wanted, each))
        return _distance(found, wanted) + within + _LANDMARKS * (points - batch.points).abs().mean()


def _deviations(values: Tensor, each: int) -> Tensor:
    """(n, 9) from the mean of its group of `each`."""
    groups = values.view(-1, each, values.shape[1])
    return (groups - groups.mean(1, keepdim=True)).flatten(0, 1)


def _distance(found: Tensor, wanted: Tensor) -> Tensor:
    losses = F.smooth_l1_loss(found, wanted, beta=_BETA, reduction="none")
    return (losses * torch.tensor(_WEIGHT)).mean()


def learn(
    batches: Batches,
    steps: int,
    start: MeasuringNetwork | None = None,
    *,
    seed: int = 0,
    dtype: torch.dtype | None = None,
) -> Iterator[tuple[int, float, MeasuringNetwork]]:
    """After each step: its number, its loss, and the averaged network.

    start: network to go on from; dtype: of autocast, None for float32. The same seed draws the same batches.
    """
    torch.manual_seed(seed)
    objective = Objective(start or MeasuringNetwork()).train()
    in_memory_format(objective, torch.channels_last, torch.device("cpu"))
    average = EMA(objective.network, _AVERAGE)
    optimizer = torch.optim.AdamW(objective.parameters(), _RATE, weight_decay=_DECAY)
    with ThreadPoolExecutor(1) as ahead:

        def drawn(step: int) -> Batch:
            return batches.draw(generator(seed, step, 0, torch.device("cpu")))

        waiting = ahead.submit(drawn, 0)
        for step in range(steps):
            batch, waiting = waiting.result(), ahead.submit(drawn, step + 1)
            for group in optimizer.param_groups:
                group["lr"] = _rate(step, steps)
            with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
                loss = objective(batch, batches.each)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(objective.parameters(), _CLIP)
            optimizer.step()
            average.update(objective.network, step)
            yield step + 1, loss.item(), average.networks


def _rate(step: int, steps: int) -> float:
    cosine = 0.5 * (1 + math.cos(math.pi * step / steps))
    return _RATE * min(1, (step + 1) / min(_WARMUP, 1 + steps / 10)) * (_END + (1 - _END) * cosine)


@dataclass(frozen=True)
class Judged:
    """One measure on held-out films: the median over people of each one's mean r within films; people who move."""

    name: str
    r: float
    people: int


def judge(network: MeasuringNetwork, films: Faces) -> list[Judged]:
    """How exactly films are measured, whose frames are ordered by clip."""
    return within_films(read(network, films.pictures).double().numpy(), films)


def within_films(found: NDArray[np.float64], films: Faces) -> list[Judged]:
    """The correlation of what was measured (n, 9) with the labels, within films of LEAST motion."""
    assert films.clip is not None
    assert films.person is not None
    true, clip, person = films.measures.double().numpy(), films.clip.numpy(), films.person.numpy()
    least = np.append(LEAST, LEAST[-1])
    rows = []
    for column, name in enumerate(MEASURES):
        people: dict[int, list[float]] = {}
        for one in np.unique(clip):
            of = clip == one
            if of.sum() >= _FEWEST and true[of, column].std() >= least[column]:
                r = np.corrcoef(found[of, column], true[of, column])[0, 1]
                people.setdefault(int(person[of][0]), []).append(float(r))
        middle = np.median([np.mean(several) for several in people.values()]) if people else np.nan
        rows.append(Judged(name, float(middle), len(people)))
    return rows


@torch.inference_mode()
def read(network: MeasuringNetwork, pictures: Tensor) -> Tensor:
    """(n, 9) of pictures (n, h, w, 3) uint8."""
    network.eval()
    return torch.cat([network(to_tensor(part)) for part in torch.split(pictures, _AT_ONCE)])

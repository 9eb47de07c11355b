"""Training and judging the measuring network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from x2face_core.networks.measuring import MEASURES, MeasuringNetwork
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.pixels import to_tensor
from x2face_core.training.drawing import generator
from x2face_core.training.ema import EMA
from x2face_lab.evaluation.across import LEAST
from x2face_lab.measuring.gathering import Faces
from x2face_lab.measuring.objectives import Objective
from x2face_lab.measuring.varying import Batch, Batches

_RATE, _END, _WARMUP, _DECAY, _CLIP = 2e-3, 0.02, 100, 0.02, 2.0
_AVERAGE = 0.998
_FEWEST = 8  # frames of a film that is judged
_AT_ONCE = 64


def learn(
    objective: Objective, batches: Batches, steps: int, *, seed: int = 0, dtype: torch.dtype | None = None
) -> Iterator[tuple[int, float, MeasuringNetwork]]:
    """After each step: its number, its loss, and the averaged network.

    dtype: of autocast, None for float32. The same seed draws the same batches.
    """
    torch.manual_seed(seed)
    objective.train()
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


def judge(measure: Callable[[Tensor], Tensor], films: Faces) -> list[Judged]:
    """How exactly films are measured, whose frames are ordered by clip.

    measure: crops (n, 3, h, w) to MEASURES (n, 9)
    """
    return within_films(read(measure, films.pictures).double().numpy(), films)


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
def read(measure: Callable[[Tensor], Tensor], pictures: Tensor) -> Tensor:
    """(n, 9) of pictures (n, h, w, 3) uint8."""
    return torch.cat([measure(to_tensor(part)) for part in torch.split(pictures, _AT_ONCE)])

"""CycleGAN between two people (Zhu et al. 2017), as the paper compares with it (5.2): one model per pair of people.

Trained on all pictures of both, of any of their films, without pairs. At test time it takes the driving frame alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from x2face_baselines.cyclegan_networks import Discriminator, Generator
from x2face_core.errors import InputError
from x2face_core.warping import reduce

_POOL = 50
"""Earlier generated pictures that the discriminators are shown too, half of the time."""
_CYCLE = 10.0
"""Weight of the cycle loss beside the adversarial one, both as published."""
_BATCH = 8


@dataclass(frozen=True)
class CycleGANSettings:
    """What determines a trained model, beside the pictures.

    side: of the pictures in pixels, a multiple of 8; steps: of one picture of each person
    width: channels of the networks after their first layer; blocks: residual blocks
    rate: of Adam, falling to 0 over the second half
    """

    side: int = 128
    steps: int = 1500
    width: int = 24
    blocks: int = 4
    rate: float = 4e-4
    seed: int = 0

    def as_text(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


class CycleGAN(nn.Module):
    """Two generators, A to B and B to A. Pictures are (n, 3, h, w) in [0, 1], reduced to the side of the settings."""

    def __init__(self, settings: CycleGANSettings) -> None:
        super().__init__()
        self.settings = settings
        self.to_b = Generator(settings.width, settings.blocks)
        self.to_a = Generator(settings.width, settings.blocks)

    def a_to_b(self, pictures: Tensor) -> Tensor:
        """Person A's pictures as B, (n, 3, h, w) in [0, 1], enlarged to the size that was given."""
        return self._translated(pictures, self.to_b)

    def b_to_a(self, pictures: Tensor) -> Tensor:
        """Person B's pictures as A."""
        return self._translated(pictures, self.to_a)

    def cycle(self, pictures: Tensor) -> Tensor:
        """Person A's pictures as B and back again, which the cycle loss trains to be the same."""
        return self._translated(pictures, self.to_b, self.to_a)

    def cycle_of_b(self, pictures: Tensor) -> Tensor:
        """Person B's pictures as A and back again."""
        return self._translated(pictures, self.to_a, self.to_b)

    @torch.inference_mode()
    def _translated(self, pictures: Tensor, *generators: Generator) -> Tensor:
        made = []
        for part in torch.split(pictures, _BATCH):
            x = reduce(part.float(), self.settings.side) * 2 - 1
            for generator in generators:
                x = generator(x)
            made.append(reduce((x + 1) / 2, pictures.shape[-1]).clamp(0, 1))
        return torch.cat(made) if made else pictures


class _Pool:
    """Earlier generated pictures, to steady the discriminators (Shrivastava et al. 2017)."""

    def __init__(self, random: torch.Generator) -> None:
        self._kept: list[Tensor] = []
        self._random = random

    def exchange(self, picture: Tensor) -> Tensor:
        """Keep a generated picture (1, 3, h, w), and return it or, half of the time, an earlier one."""
        if len(self._kept) < _POOL:
            self._kept.append(picture)
            return picture
        if torch.rand((), generator=self._random) < 0.5:
            return picture
        at = int(torch.randint(_POOL, (), generator=self._random))
        earlier, self._kept[at] = self._kept[at], picture
        return earlier


class _Training:
    def __init__(self, settings: CycleGANSettings) -> None:
        self.random = torch.Generator().manual_seed(settings.seed)
        self.model = CycleGAN(settings)
        self.judge_a, self.judge_b = Discriminator(settings.width), Discriminator(settings.width)
        self.pools = _Pool(self.random), _Pool(self.random)
        judges = chain(self.judge_a.parameters(), self.judge_b.parameters())
        self.generators, self.judges = (
            torch.optim.Adam(parameters, settings.rate, betas=(0.5, 0.999))
            for parameters in (self.model.parameters(), judges)
        )

        def fall(step: int) -> float:
            return min(1.0, 2 * (1 - step / settings.steps))

        self.schedules = [torch.optim.lr_scheduler.LambdaLR(one, fall) for one in (self.generators, self.judges)]

    def drawn(self, pictures: Tensor) -> Tensor:
        """One of the pictures (n, 3, h, w) uint8, mirrored half of the time, as (1, 3, h, w) in [-1, 1]."""
        at = int(torch.randint(len(pictures), (), generator=self.random))
        picture = pictures[at : at + 1].float() / 127.5 - 1
        return picture.flip(-1) if torch.rand((), generator=self.random) < 0.5 else picture

    def step(self, a: Tensor, b: Tensor) -> None:
        made_b, made_a = self.model.to_b(a), self.model.to_a(b)
        cycle = F.l1_loss(self.model.to_a(made_b), a) + F.l1_loss(self.model.to_b(made_a), b)
        loss = _real(self.judge_b(made_b)) + _real(self.judge_a(made_a)) + _CYCLE * cycle
        self.generators.zero_grad(set_to_none=True)
        loss.backward()
        self.generators.step()
        shown_b, shown_a = self.pools[0].exchange(made_b.detach()), self.pools[1].exchange(made_a.detach())
        judged = _judged(self.judge_a, a, shown_a) + _judged(self.judge_b, b, shown_b)
        self.judges.zero_grad(set_to_none=True)
        judged.backward()
        self.judges.step()
        for schedule in self.schedules:
            schedule.step()


def _real(scores: Tensor) -> Tensor:
    """Least-squares adversarial loss of pictures that are to pass as real."""
    return (scores - 1).square().mean()


def _judged(judge: nn.Module, true: Tensor, made: Tensor) -> Tensor:
    fooled: Tensor = judge(made)
    return (_real(judge(true)) + fooled.square().mean()) / 2


def train_cyclegan(
    a: Tensor,
    b: Tensor,
    settings: CycleGANSettings | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CycleGAN:
    """Train a model of two people.

    a, b: (n, 3, side, side) uint8, all pictures of each person; the numbers may differ
    InputError where a person has no picture, or they are not of the settings' side.
    """
    settings = settings or CycleGANSettings()
    for name, pictures in (("A", a), ("B", b)):
        if not len(pictures) or pictures.shape[1:] != (3, settings.side, settings.side):
            raise InputError(
                f"CycleGAN: the pictures of person {name} are {tuple(pictures.shape)}; it learns from one at least, "
                f"each of (3, {settings.side}, {settings.side})."
            )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        training = _Training(settings)
        for step in range(settings.steps):
            training.step(training.drawn(a), training.drawn(b))
            progress(step + 1, settings.steps)
    return training.model.eval()

"""A trial of engines on this machine: whether each computes what torch does in float32, and how fast."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from x2face_core.engines import samples
from x2face_core.engines.interface import Engine
from x2face_core.engines.torch_engine import TorchEngine
from x2face_core.errors import X2FaceError
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.warping import warp

TOLERANCES = {"fp32": 60.0, "bf16": 45.0, "fp16": 45.0, "int8": 38.0}
"""Least PSNR in dB, by precision, of each of the samples' frames against that of torch in float32."""
_BATCH = 8
_FEWER = 4  # every so many-th of the samples, for networks that are not light
_EQUAL = 200.0  # dB of frames that are equal
_ROUNDS, _SECONDS = 20, 6.0  # batches timed of each engine; no further round begins after so many seconds
_HOPELESS = 4.0  # times slower than the reference in its first batch: timed no further


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What an engine did.

    psnr: dB of all frames together; worst: dB of the worst frame; both 0 for an engine that failed
    fps: frames a second that are encoded and decoded; ratio: to torch in float32, in the same run
    error: why it failed, else empty
    """

    engine: str
    precision: str
    psnr: float = 0.0
    worst: float = 0.0
    fps: float = 0.0
    ratio: float = 0.0
    error: str = ""

    @property
    def tolerance(self) -> float:
        return TOLERANCES[self.precision]

    @property
    def passes(self) -> bool:
        return self.worst >= self.tolerance


@torch.inference_mode()
def try_engines(networks: X2FaceNetworks, engines: Sequence[Engine]) -> list[Trial]:
    """Compare engines with torch in float32, which is tried first and the first of the answer.

    networks: in float32 on the CPU
    """
    engines = [TorchEngine(networks), *engines]
    pictures = samples.driving_pictures(networks.dims.side)[:: 1 if networks.is_light else _FEWER]
    texture = networks.fuse(samples.portrait(), "mean")[None]
    reference = _frames(engines[0], texture, pictures, networks.dims.padding)
    trials = [_compared(engine, texture, pictures, reference, networks.dims.padding) for engine in engines]
    seconds = _seconds([engine for engine, trial in zip(engines, trials, strict=True) if not trial.error], pictures)
    timed = iter(seconds)
    return [
        trial if trial.error else replace(trial, fps=_BATCH / (spent := next(timed)), ratio=seconds[0] / spent)
        for trial in trials
    ]


def _compared(engine: Engine, texture: Tensor, pictures: Tensor, reference: Tensor, padding: str) -> Trial:
    """The trial of an engine, not timed yet."""
    trial = Trial(engine=engine.name, precision=engine.precision)
    try:
        error = (_frames(engine, texture, pictures, padding) - reference).square().mean(dim=(1, 2, 3))
    except X2FaceError as failure:
        return replace(trial, error=str(failure))
    return replace(trial, psnr=_decibels(float(error.mean())), worst=_decibels(float(error.max())))


def _frames(engine: Engine, texture: Tensor, pictures: Tensor, padding: str) -> Tensor:
    """(n, 3, 256, 256): the portrait, driven by the vectors of pictures."""
    flows = [engine.decode(engine.encode(batch)) for batch in torch.split(pictures, _BATCH)]
    return torch.cat([warp(texture, flow, padding=padding).clamp(0, 1) for flow in flows])


def _decibels(error: float) -> float:
    """PSNR of a mean squared error of pictures in [0, 1]; NaN, as an engine may compute, is 0."""
    if math.isnan(error):
        return 0.0
    return min(-10 * math.log10(error), _EQUAL) if error > 0 else _EQUAL


def _seconds(engines: Sequence[Engine], pictures: Tensor) -> list[float]:
    """Seconds that a batch takes, the least of several; engines take turns, so that load strikes all alike."""
    batch, started = pictures[:_BATCH], time.perf_counter()
    best = [_timed(engine, batch) for engine in engines]
    running = [number for number, spent in enumerate(best) if spent < _HOPELESS * best[0]]
    for _ in range(_ROUNDS):
        if time.perf_counter() - started > _SECONDS:
            break
        for number in running:
            best[number] = min(best[number], _timed(engines[number], batch))
    return best


def _timed(engine: Engine, pictures: Tensor) -> float:
    started = time.perf_counter()
    engine.decode(engine.encode(pictures))
    return time.perf_counter() - started

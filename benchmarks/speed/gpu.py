"""The networks on a GPU: memory layout, precision, CUDA graphs and compilation."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from x2face_core.networks.dims import PRESETS, Dims
from x2face_core.networks.folding import fold
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.networks.x2face import X2FaceNetworks
from x2face_core.training.throughput import peak_of

Rows = list[list[str]]
BATCH = {"light": 64, "paper": 32}
SECONDS = 2.0  # that a way is timed for
SIZE = 256  # of the embedded face and the frames


@dataclass(frozen=True)
class Way:
    """dtype: of autocast; launched: how kernels are started, one by one, as a recorded CUDA graph, or compiled"""

    dtype: torch.dtype
    channels_last: bool
    launched: Literal["one by one", "CUDA graph", "torch.compile"] = "one by one"

    @property
    def name(self) -> str:
        layout = "channels_last" if self.channels_last else "contiguous"
        return f"{str(self.dtype).removeprefix('torch.')}, {layout}, {self.launched}"


def ways(device: torch.device) -> list[Way]:
    """What is compared on a device; CUDA graphs and compilation on CUDA alone."""
    plain = [Way(torch.float32, False), Way(torch.float32, True), Way(torch.bfloat16, True)]
    if device.type != "cuda":
        return plain
    return [*plain, Way(torch.bfloat16, True, "CUDA graph"), Way(torch.bfloat16, True, "torch.compile")]


def frames_by(way: Way, networks: X2FaceNetworks, pictures: Tensor, texture: Tensor) -> Callable[[], Tensor]:
    """A call that encodes pictures, decodes their vectors and warps a texture to (n, 3, SIZE, SIZE).

    All are on the device; each way is given networks of its own, whose layout it changes.
    """
    layout = torch.channels_last if way.channels_last else torch.contiguous_format
    in_memory_format(networks, layout)
    given = pictures.to(memory_format=layout)

    def call() -> Tensor:
        with (
            torch.inference_mode(),
            torch.autocast(pictures.device.type, way.dtype, enabled=way.dtype != torch.float32),
        ):
            return networks.render(texture, networks.encode(given))

    if way.launched == "torch.compile":
        return torch.compile(call, mode="max-autotune-no-cudagraphs")
    return _recorded(call) if way.launched == "CUDA graph" else call


def _recorded(call: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """The same as one CUDA graph, whose answer is overwritten by the next call."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        answer = call()

    def replay() -> Tensor:
        graph.replay()
        return answer

    return replay


def rate(call: Callable[[], Tensor], seconds: float) -> float:
    """Frames a second over some seconds, after two calls that warm up."""
    for _ in range(2):
        answer = call()
    _wait(answer)
    started, frames = time.perf_counter(), 0
    while (spent := time.perf_counter() - started) < seconds or not frames:
        for _ in range(4):
            answer = call()
            frames += len(answer)
        _wait(answer)
    return frames / spent


def _wait(answer: Tensor) -> None:
    if answer.device.type == "cuda":
        torch.cuda.synchronize(answer.device)


def rows(
    device: torch.device,
    presets: Mapping[str, Dims] = PRESETS,
    batch: Mapping[str, int] = BATCH,
    seconds: float = SECONDS,
) -> Rows:
    """A row a preset and way: frames a second, ms a batch, and the share of the peak of a product of matrices."""
    answer = []
    for preset, dims in presets.items():
        pictures = torch.rand(batch[preset], 3, dims.side, dims.side, device=device)
        texture = torch.rand(1, 3, SIZE, SIZE, device=device)
        for way in ways(device):
            networks = _networks(dims, device)
            call = frames_by(way, networks, pictures, texture)
            fps = rate(call, seconds)
            share = fps * _flops(networks, pictures, texture) / peak_of(device, way.dtype)
            row = [f"{preset}, {way.name}", str(len(pictures)), f"{fps:.0f}", f"{1e3 * len(pictures) / fps:.2f}"]
            answer.append([*row, f"{share:.0%}"])
    return answer


DRY = Dims(side=32, flow_side=16, width=4, vector=16)
"""Sizes of the networks of a dry run."""


def dry_run() -> int:
    """Measure small networks on the CPU, to see that all of it works; the number of rows."""
    return len(rows(torch.device("cpu"), {"light": DRY}, {"light": 2}, 0.05))


def _networks(dims: Dims, device: torch.device) -> X2FaceNetworks:
    torch.manual_seed(0)
    networks = X2FaceNetworks(dims).eval().requires_grad_(False)
    return fold(networks, upsampling=device.type == "cpu").to(device)  # as X2Face.load does


@torch.inference_mode()
def _flops(networks: X2FaceNetworks, pictures: Tensor, texture: Tensor) -> float:
    """Multiplications and additions of a frame."""
    with FlopCounterMode(display=False) as counter:
        networks.render(texture, networks.encode(pictures[:2]))
    return float(counter.get_total_flops()) / 2

"""Arithmetic and memory traffic of each network, and the share of the machine's peak that it reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from speed.reference import seconds_each
from x2face_core.networks.dims import PRESETS
from x2face_core.networks.folding import fold
from x2face_core.networks.memory_format import in_memory_format
from x2face_core.networks.x2face import X2FaceNetworks

BATCH = {"light": 8, "paper": 2}
Rows = list[list[str]]


@dataclass(frozen=True)
class Network:
    """A network of a preset: `trained` as in training, `folded` as it computes here.

    call: computes both on the same input
    """

    name: str
    trained: nn.Module
    folded: nn.Module
    given: Tensor


def networks_of(preset: str) -> list[Network]:
    """The embedding network and both halves of the driving network."""
    trained = X2FaceNetworks(PRESETS[preset]).eval().requires_grad_(False)
    folded = X2FaceNetworks(PRESETS[preset])
    folded.load_state_dict(trained.state_dict())
    folded = in_memory_format(fold(folded.eval().requires_grad_(False)), torch.channels_last)
    dims, n = trained.dims, BATCH[preset]
    pictures = torch.rand(n, 3, dims.side, dims.side)
    calls: dict[str, tuple[str, Tensor]] = {
        "embedding": ("embedding", pictures),
        "driving, encoder": ("driving.encode", pictures),
        "driving, decoder": ("driving.decode", torch.rand(n, dims.vector)),
    }
    return [
        Network(f"{preset}: {name}", _Part(trained, path), _Part(folded, path), given)
        for name, (path, given) in calls.items()
    ]


class _Part(nn.Module):
    def __init__(self, networks: X2FaceNetworks, path: str) -> None:
        super().__init__()
        name, _, method = path.partition(".")
        self.inner: nn.Module = getattr(networks, name)
        self._call: Callable[[Tensor], object] = getattr(self.inner, method) if method else self.inner

    def forward(self, given: Tensor) -> object:
        return self._call(given)


@torch.inference_mode()
def flops(part: nn.Module, given: Tensor) -> float:
    """Multiplications and additions of one picture."""
    with FlopCounterMode(display=False) as counter:
        part(given)
    return float(counter.get_total_flops()) / len(given)


@torch.inference_mode()
def moved_bytes(part: nn.Module, given: Tensor) -> float:
    """Bytes that layers read and write for one picture in a batch: inputs, outputs, and a share of the weights."""
    total = [0]

    def add(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        total[0] += sum(one.numel() * one.element_size() for one in (*inputs, output, *own) if isinstance(one, Tensor))

    leaves = [one for one in part.modules() if not list(one.children())]
    hooks = [one.register_forward_hook(add) for one in leaves]
    part(given)
    for hook in hooks:
        hook.remove()
    return total[0] / len(given)


@torch.inference_mode()
def rows(peak: float, bandwidth: float) -> Rows:
    """A row a network: GFLOP and MB a picture, ms, the machine's bound in ms, and the share of its peak."""
    answer = []
    for network in (one for preset in PRESETS for one in networks_of(preset)):
        part, n = network.folded, len(network.given)
        spent = seconds_each(partial(part, network.given), 8) / n
        work, traffic = flops(part, network.given), moved_bytes(part, network.given)
        bound = max(work / peak, traffic / bandwidth)
        limit = "arithmetic" if work / peak > traffic / bandwidth else "memory"
        answer.append([
            network.name,
            f"{flops(network.trained, network.given) / 1e9:.2f}",
            f"{work / 1e9:.2f}",
            f"{traffic / 1e6:.1f}",
            f"{spent * 1e3:.2f}",
            f"{bound * 1e3:.2f} ({limit})",
            f"{work / spent / peak:.0%}",
        ])  # fmt: skip
    return answer

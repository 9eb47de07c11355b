"""One training process, or several under torchrun."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from x2face_core.errors import InputError, UsageError

_LOST = ("gloo", "Gloo", "NCCL", "Connection closed by peer", "Connection reset by peer", "Broken pipe")
"""What errors of torch's backends name, which for gloo are plain RuntimeErrors."""
_KEPT: list[Any] = []
"""Groups that this process has joined, which stay until it ends.

Gloo's destructor waits for the group's thread, which may wait for the interpreter's lock to release a tensor. The group
goes with whatever refers to it last, such as DistributedDataParallel, and by then under that lock: both wait forever.
"""


@dataclass(frozen=True)
class Processes:
    """Rank of this process, number of processes, and its device."""

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        return self.rank == 0

    def wrap(self, objective: nn.Module) -> nn.Module:
        """Wrap the objective to average gradients over processes; on GPUs, batch norm statistics too."""
        if self.count == 1:
            return objective
        if self.device.type == "cuda":
            objective = nn.SyncBatchNorm.convert_sync_batchnorm(objective)
            return DistributedDataParallel(objective, device_ids=[self.device.index])
        return DistributedDataParallel(objective)

    def any(self, value: bool) -> bool:
        """Whether the value is true in any process."""
        if self.count == 1:
            return value
        shared = torch.tensor([float(value)], device=self.device)
        distributed.all_reduce(shared, distributed.ReduceOp.MAX)
        return bool(shared.item())

    def broadcast(self, value: float) -> float:
        """The value of the first process, in all processes."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        distributed.broadcast(shared, src=0)
        return float(shared)


def join(device: str = "auto") -> Processes:
    """Join the processes that torchrun started; one process where it did not.

    device: auto, cpu or cuda
    UsageError for another device, or one that is not there.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: expected auto, cpu or cuda.")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: this torch sees no CUDA device; --device cpu trains without.")
    cuda = device != "cpu" and torch.cuda.is_available()
    count, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if cuda:
        torch.cuda.set_device(local)
    if count > 1 and not distributed.is_initialized():
        distributed.init_process_group("nccl" if cuda else "gloo", store=_store(), rank=rank, world_size=count)
        _KEPT.append(distributed.group.WORLD)
    return Processes(rank, count, torch.device("cuda", local) if cuda else torch.device("cpu"))


def _store() -> Any:
    """The store of addresses.

    torchrun's own outlives processes and keeps the addresses of those that have ended, so that each restart has a part
    of it. Where torchrun does not share it, each restart has a new one, and the agent of a machine that takes another's
    place has counted fewer restarts.
    """
    store = next(iter(rendezvous("env://")))[0]
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        return store
    return distributed.PrefixStore(f"restart-{_restarts()}", store)  # type: ignore[attr-defined]


def _restarts() -> int:
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def is_restarted() -> bool:
    """Whether torchrun has started the processes again, after one of them ended."""
    return _restarts() > 0


@contextmanager
def lost_processes(processes: Processes) -> Iterator[None]:
    """Turn the errors of talking to a process that has ended into an InputError."""
    try:
        yield
    except RuntimeError as error:
        if processes.count == 1 or not _is_of_connection(error):
            raise
        raise InputError(
            "another process of this run has ended; the same line goes on from the last checkpoint, and "
            "`torchrun --max-restarts N` does so by itself."
        ) from error


def _is_of_connection(error: RuntimeError) -> bool:
    return isinstance(error, distributed.DistError) or any(words in str(error) for words in _LOST)


def leave() -> None:
    """Leave the group of processes, if one was joined."""
    if distributed.is_initialized():
        distributed.destroy_process_group()

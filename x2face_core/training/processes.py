"""One training process, or several under torchrun."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from x2face_core.errors import UsageError


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
            objective = nn.SyncBatchNorm.convert_sync_batchnorm(objective)  # type: ignore[no-untyped-call]
            return DistributedDataParallel(objective, device_ids=[self.device.index])
        return DistributedDataParallel(objective)

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
        distributed.init_process_group("nccl" if cuda else "gloo")
    return Processes(rank, count, torch.device("cuda", local) if cuda else torch.device("cpu"))


def leave() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()

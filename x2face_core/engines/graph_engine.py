"""What the engines that run graphs have in common, and how networks are replaced by an engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from x2face_core.engines.cache import GraphFolder
from x2face_core.engines.interface import Engine, Part
from x2face_core.errors import MissingError, UsageError
from x2face_core.files.faults import reason
from x2face_core.networks.x2face import X2FaceNetworks

Array = NDArray[np.float32]
Run = Callable[[Array], Sequence[Array]]


class GraphEngine(ABC):
    """An engine that runs one ONNX graph for each part; a part is loaded when it is first used.

    graphs: where they are; threads: of the processor. Safe to be used by several threads. The embedding network, which
    reads sources only, is computed in fp32 at any precision. UsageError for a device that the engine does not have.
    """

    name: ClassVar[str]

    def __init__(self, graphs: GraphFolder, precision: str, device: str, threads: int) -> None:
        chosen = "cpu" if device == "auto" else device
        if chosen not in (there := self.devices()):
            raise UsageError(f"device {device}: {self.name} has none of this name here; usable: {', '.join(there)}.")
        self.precision, self.device, self.threads = precision, chosen, threads
        self._graphs = graphs
        self._open_parts: dict[Part, Run] = {}
        self._lock = Lock()

    @staticmethod
    @abstractmethod
    def devices() -> list[str]:
        """Values of --device on this machine, without auto."""

    @abstractmethod
    def open_part(self, part: Part, path: Path) -> Run:
        """A function from the part's input to its outputs."""

    def embed(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        flow, confidence = self._run("embed", pictures)
        return flow, confidence

    def encode(self, pictures: Tensor) -> Tensor:
        return self._run("encode", pictures)[0]

    def decode(self, vectors: Tensor) -> Tensor:
        return self._run("decode", vectors)[0]

    def _run(self, part: Part, x: Tensor) -> list[Tensor]:
        given: Any = x.detach().float().contiguous().numpy()
        with self._lock:
            try:
                if part not in self._open_parts:
                    stored = "int8" if self.precision == "int8" and part != "embed" else "fp32"
                    self._open_parts[part] = self.open_part(part, self._graphs.file(part, stored))
                return [torch.from_numpy(answer) for answer in self._open_parts[part](given)]
            except Exception as error:
                raise MissingError(
                    f"engine {self.name}: cannot compute these networks ({reason(error)}); update it by "
                    f"`pip install --upgrade {self.name}`, or use --engine torch."
                ) from error


class _Embedding(nn.Module):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        return self.engine.embed(pictures)


class _Driving(nn.Module):
    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.engine = engine

    def encode(self, pictures: Tensor) -> Tensor:
        return self.engine.encode(pictures)

    def decode(self, vectors: Tensor) -> Tensor:
        return self.engine.decode(vectors)


def replace_networks(networks: X2FaceNetworks, engine: Engine) -> None:
    """Let an engine compute the embedding and the driving network, in place; warping and completion stay in torch."""
    networks.add_module("embedding", _Embedding(engine))
    networks.add_module("driving", _Driving(engine))

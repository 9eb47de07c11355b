"""The interface of an engine, what each engine offers, and whether it is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from x2face_core.errors import MissingError, UsageError

EngineName = Literal["torch", "openvino", "onnxruntime"]
Precision = Literal["fp32", "bf16", "fp16", "int8"]
Part = Literal["embed", "encode", "decode"]

ENGINES: tuple[EngineName, ...] = get_args(EngineName)
PARTS: tuple[Part, ...] = get_args(Part)
OFFERS: dict[EngineName, tuple[Precision, ...]] = {
    "torch": ("fp32", "bf16", "fp16"),
    "openvino": ("fp32", "bf16", "int8"),
    "onnxruntime": ("fp32", "int8"),
}
"""The precisions of each engine."""
_WRITER, _QUANTIZER = "onnx", "onnxruntime"  # packages that write graphs, and that calibrate int8 for any engine


class Engine(Protocol):
    """Computes the embedding and the driving network; warping, fusing and completion are not part of it.

    Tensors are float32 on the engine's side of torch: the CPU, but for the engine torch on a GPU. n may be any.
    """

    @property
    def name(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def device(self) -> str: ...

    def embed(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 3, side, side) in [0, 1] to flows (n, 2, f, f) that sample the sources, and confidence (n, 1, f, f)."""

    def encode(self, pictures: Tensor) -> Tensor:
        """(n, 3, side, side) in [0, 1] to driving vectors (n, vector)."""

    def decode(self, vectors: Tensor) -> Tensor:
        """(n, vector) to the flow (n, 2, f, f) that samples the embedded face, in normalised coordinates."""


def installed(engine: EngineName, precision: str = "fp32") -> bool:
    """Whether an engine's packages, and those that a precision needs, can be found; nothing is imported."""
    return all(find_spec(package) is not None for package in _packages(engine, precision))


def require(engine: EngineName, precision: str = "fp32") -> None:
    """MissingError, which names the extra, unless an engine is installed; UsageError for a precision it has not."""
    if precision not in OFFERS[engine]:
        having = " or ".join(one for one in ENGINES if precision in OFFERS[one])
        raise UsageError(
            f"dtype {precision}: {engine} has {', '.join(OFFERS[engine])}; --engine {having} has this one."
        )
    missing = [package for package in _packages(engine, precision) if find_spec(package) is None]
    if missing and (engine in missing or _WRITER in missing):
        raise MissingError(
            f"engine {engine}: {missing[0]} is not installed; `pip install 'x2face[{engine}]'` brings it."
        )
    if missing:
        raise MissingError(
            f"engine {engine}: {precision} is calibrated by {_QUANTIZER}, which is not installed; "
            f"`pip install 'x2face[{engine},{_QUANTIZER}]'` brings it."
        )


def _packages(engine: EngineName, precision: str) -> set[str]:
    needed = {engine} if engine == "torch" else {engine, _WRITER}
    return needed | ({_QUANTIZER} if precision == "int8" else set())


def rendering_threads(light: bool) -> int:
    """Threads that the networks get: with light ones a core is left to decoding and encoding, which take as long."""
    threads = torch.get_num_threads()
    return max(1, threads - 1) if light and "OMP_NUM_THREADS" not in os.environ else threads


@contextmanager
def torch_threads(threads: int) -> Iterator[int]:
    """A context in which torch has this number of threads; yields the number before."""
    before = torch.get_num_threads()
    if threads != before:
        torch.set_num_threads(threads)
    try:
        yield before
    finally:
        torch.set_num_threads(before)


def versions() -> dict[str, str]:
    """Versions of all that the numbers and the speed of engines depend on."""
    return {name: found for name in ("x2face", *ENGINES, "onnx") if (found := _version(name)) is not None}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

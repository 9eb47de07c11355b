"""The machine: what it is, what runs on it, and what it reaches at most."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import torch

ENGINES = ("torch", "openvino", "onnxruntime", "onnx")
_EXTRAS = ("openvino", "onnxruntime", "training", "benchmark")  # whose packages sections use where they are installed


def describe() -> dict[str, str]:
    """What to tell of the machine, by name."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "Processor": f"{_processor()}, {os.cpu_count()} cores; torch uses {torch.backends.cpu.get_cpu_capability()}",
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "System": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "Packages": ", ".join(versions(["x2face", *_used()])),
        "GPU": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "Load at the start": f"{load} (1, 5, 15 minutes; by other programs)",
    }


def versions(names: Iterable[str]) -> list[str]:
    """Name and version of each of these packages that is installed."""
    return [f"{name} {found}" for name in names if (found := _version(name))]


def _used() -> list[str]:
    """Packages that x2face needs, and those of the extras that are measured, as its metadata tells."""
    lines = [line.partition(";") for line in requires("x2face") or []]
    wanted = [
        line
        for line, _, marker in lines
        if "extra" not in marker or any(repr(one) in marker.replace('"', "'") for one in _EXTRAS)
    ]
    return sorted({re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in wanted})


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def peak_flops(dtype: torch.dtype = torch.float32, side: int = 1536, attempts: int = 5) -> float:
    """Largest rate of multiplications and additions in a product of matrices, a second, by torch's threads now."""
    a, b = torch.rand(side, side).to(dtype), torch.rand(side, side).to(dtype)
    return 2 * side**3 / _least(lambda: torch.mm(a, b), attempts)


def peak_bytes(attempts: int = 5) -> float:
    """Largest rate of a copy of 256 MiB, bytes read and written a second."""
    a = torch.zeros(2**26)
    b = torch.empty_like(a)
    return 2 * a.numel() * a.element_size() / _least(lambda: b.copy_(a), attempts)


def _least(call: object, attempts: int) -> float:
    assert callable(call)
    spent = []
    for _ in range(attempts + 1):
        started = time.perf_counter()
        call()
        spent.append(time.perf_counter() - started)
    return min(spent[1:])

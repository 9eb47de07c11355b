"""The choice of engine and precision: as said, or the fastest that is installed and passes, decided once a machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import torch

from x2face_core.engines.cache import cache_folder, key_of, machine, read_json, write_json
from x2face_core.engines.interface import (
    ENGINES,
    OFFERS,
    EngineName,
    Precision,
    installed,
    require,
    torch_threads,
)
from x2face_core.errors import UsageError, X2FaceError
from x2face_core.files.descriptions import BROKEN_JSON, described

if TYPE_CHECKING:
    from x2face_core.engines.interface import Engine
    from x2face_core.engines.trial import Trial
    from x2face_core.networks.x2face import X2FaceNetworks

Candidate = tuple[EngineName, str]
_SMALL = 1_000_000  # parameters below which conversions between precisions take as long as what they save
_MARGIN = 1.1  # times as fast as torch in float32 that something else has to be


def check_engine(engine: str, dtype: str) -> None:
    """UsageError for an engine or a precision that there is not, MissingError for one that is not installed."""
    if engine not in ("auto", *ENGINES):
        raise UsageError(f"engine {engine}: expected auto, {', '.join(ENGINES)}.")
    if dtype not in ("auto", *get_args(Precision)):
        raise UsageError(f"dtype {dtype}: expected auto, {', '.join(get_args(Precision))}.")
    if engine == "auto" and dtype == "int8" and not installed("onnxruntime", "int8"):
        require("onnxruntime", "int8")
    for name in ENGINES:
        if name == engine:
            require(name, "fp32" if dtype == "auto" else dtype)


def candidates(engine: str, dtype: str) -> list[Candidate]:
    """All engines and precisions that are installed and as said, fp16 apart, which processors do not compute."""
    return [
        (name, precision)
        for name in ENGINES
        if engine in ("auto", name)
        for precision in OFFERS[name]
        if dtype in ("auto", precision) and precision != "fp16" and installed(name, precision)
    ]


def choose(engine: str, dtype: str, networks: X2FaceNetworks, sha256: str, *, device: str, threads: int) -> Candidate:
    """The engine and the precision to use, as of `check_engine`; without other engines no trial delays light networks.

    networks: in float32, on the device; the other arguments as of `decide`
    """
    if engine == "auto" and (dtype == "fp16" or not any(installed(one) for one in ENGINES if one != "torch")):
        engine = "torch"
    if engine == "torch" and (dtype != "auto" or networks.is_light or next(networks.parameters()).device.type != "cpu"):
        return "torch", usual_precision(networks) if dtype == "auto" else dtype
    return decide(engine, dtype, networks, sha256, device=device, threads=threads)


def usual_precision(networks: X2FaceNetworks) -> str:
    """What torch computes networks in that are not tried: bf16 where the processor multiplies in it, else fp32.

    The packaged weights' frames are 57 to 63 dB from those of fp32, as near as rounding to bytes is, in half the time.
    On GPUs, and for networks too small to gain by it, fp32.
    """
    first = next(networks.parameters())
    large = sum(tensor.numel() for tensor in networks.parameters()) >= _SMALL
    return "bf16" if large and first.device.type == "cpu" and multiplies_bf16() else "fp32"


def multiplies_bf16() -> bool:
    """Whether this processor has instructions for products in bf16; others emulate them, slowly."""
    ask: Callable[[], Mapping[str, object]] = getattr(
        torch.cpu, "get_capabilities", dict
    )  # newer versions of torch tell
    told = ask()
    return any(told.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def decide(engine: str, dtype: str, networks: X2FaceNetworks, sha256: str, *, device: str, threads: int) -> Candidate:
    """The engine and the precision to use for networks on the CPU.

    engine, dtype: a name, or auto; networks: in float32; sha256: of their weights; device: auto, or one of the engine's
    threads: of the processor
    Without a choice, for a device other than the CPU, and where trials cannot be remembered, no trial is made.
    """
    possible = candidates(engine, dtype)
    if len(possible) == 1 or device not in ("auto", "cpu") or (folder := cache_folder()) is None:
        return possible[0]
    found = remembered(_memory(folder, sha256, threads))
    return fastest(found or try_all(networks, sha256, threads=threads), possible)


def try_all(networks: X2FaceNetworks, sha256: str, *, threads: int) -> list[Trial]:
    """Try all that is installed, and remember it. networks: in float32 on the CPU"""
    found = run_trials(candidates("auto", "auto"), networks, sha256, threads=threads)
    if (folder := cache_folder()) is not None:
        with suppress(UsageError):
            write_json(_memory(folder, sha256, threads), {"trials": [asdict(one) for one in found]})
    return found


def _memory(folder: Path, sha256: str, threads: int) -> Path:
    return folder / f"trials-{key_of(machine(), sha256, threads)}.json"


def remembered(path: Path) -> list[Trial] | None:
    """The trials in a file; None if there are none, or it is broken, or of other engines than are installed."""
    from x2face_core.engines.trial import Trial

    with suppress(*BROKEN_JSON):
        found = [described(Trial, one) for one in read_json(path).get("trials", ())]
        tried = {(one.engine, one.precision) for one in found}
        if tried and tried >= {(name, precision) for name, precision in candidates("auto", "auto")}:
            return found
    return None


def run_trials(of: list[Candidate], networks: X2FaceNetworks, sha256: str, *, threads: int) -> list[Trial]:
    """Try engines on the CPU, beside torch in float32; those that fail are listed as infinitely wrong."""
    from x2face_core.engines.preparing import make_engine
    from x2face_core.engines.trial import try_engines

    engines: list[Engine] = [
        make_engine(name, precision, networks, sha256, threads=threads)
        for name, precision in of
        if (name, precision) != ("torch", "fp32")
    ]
    with torch_threads(threads):
        return try_engines(networks, engines)


def fastest(trials: list[Trial], of: list[Candidate]) -> Candidate:
    """The fastest of those that pass; the first of all unless it is faster by a margin. X2FaceError if none passes."""
    passing = [one for one in trials if one.passes and (one.engine, one.precision) in of]
    if not passing:
        raise X2FaceError("no engine computes these networks as torch does; `x2face doctor --engines` says more.")
    best = max(passing, key=lambda one: one.fps)
    first = passing[0]
    if best.fps < _MARGIN * first.fps:
        best = first
    return next(one for one in of if one == (best.engine, best.precision))

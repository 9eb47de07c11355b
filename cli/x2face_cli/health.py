"""Checks of the installation and the machine."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from x2face_cli.findings import BROKEN, Finding, fail, ok, warn
from x2face_cli.trials import check_faces, check_films, check_landmarks, check_microphone, check_sound
from x2face_core.errors import PluginError, UsageError, WeightsError, X2FaceError
from x2face_core.files.faults import reason


def examine() -> Iterator[Finding]:
    """Run all checks, the quick ones first; a check that cannot be run is a finding too."""
    for check in CHECKS:
        try:
            yield from check()
        except (OSError, MemoryError, X2FaceError) as error:
            name = check.__name__.removeprefix("check_")
            yield warn(name, f"cannot be checked ({reason(error)})", "free the disk, or see to its permissions")


def check_python() -> Iterator[Finding]:
    yield ok("python", f"{platform.python_version()} in {sys.prefix}, {platform.system()} {platform.machine()}")
    yield ok("x2face", version("x2face"))


def check_plugins() -> Iterator[Finding]:
    from x2face_plugins.registry import Registry

    listed = Registry.load().plugins
    usable = [line.name for line in listed if line.status == "ok"]
    yield ok("plugins", ", ".join(usable) or "none")
    for line in listed:
        name, says = f"plugin {line.name}", f"{line.dist} {line.version}: {line.status}, {line.error}"
        if line.status == "failed" and line.dist == "x2face":
            yield fail(name, says, "install x2face anew", PluginError)
        elif line.status != "ok":
            yield warn(name, says, f"update or remove {line.dist}, or leave it out of $X2FACE_PLUGINS")


def check_folders() -> Iterator[Finding]:
    from x2face_core.weights import home

    yield _folder("outputs", Path("outputs"), "give run an -o somewhere else")
    try:
        yield _folder("home", home(), "set X2FACE_HOME to a folder of yours")
    except UsageError as error:
        yield warn("home", str(error), "packaged weights and mappings are used meanwhile")


def _folder(name: str, folder: Path, remedy: str) -> Finding:
    folder = folder.absolute()
    there = next(one for one in (folder, *folder.parents) if os.path.exists(one))  # noqa: PTH110 (unreadable ones too)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return ok(name, f"{folder} {'can be written' if there == folder else 'can be made'}")
    return warn(name, f"{folder} cannot be written", remedy)


def check_torch() -> Iterator[Finding]:
    try:
        import torch

        torch.ones(2, 2) @ torch.ones(2, 2)
        yield ok("torch", f"{torch.__version__}, {torch.get_num_threads()} threads")
    except BROKEN as error:
        yield fail("torch", f"cannot be imported ({error})", "pip install 'torch>=2.6,<2.14'")
        return
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
        yield ok("device", f"cuda: {', '.join(names)}")
    else:
        yield ok("device", f"cpu, {torch.backends.cpu.get_cpu_capability()}")
    yield ok("precision", _precision(cpu_flags()))


def check_engines() -> Iterator[Finding]:
    """Which engines are installed; `x2face doctor --engines` tries them."""
    try:
        from x2face_core.engines.interface import ENGINES, installed, versions
    except BROKEN:  # torch, which has a finding of its own
        return
    there = [f"{name} {versions()[name]}" for name in ENGINES if installed(name)]
    yield ok("engines", f"{', '.join(there)} (`x2face doctor --engines` tries them)")


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """CPU features from /proc/cpuinfo; empty if unavailable."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    named = [line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))]
    return frozenset(named[0]) if named else frozenset()


def _precision(flags: frozenset[str]) -> str:
    fast = sorted(flags & {"amx_bf16", "avx512_bf16", "bf16"})
    return f"bf16 in hardware ({', '.join(fast)})" if fast else "no bf16 in hardware: fp32 is the faster one"


def check_weights() -> Iterator[Finding]:
    from x2face_core import weights

    try:
        info = weights.verify(weights.find_weights())
    except WeightsError as error:
        yield fail("weights", str(error), "install x2face anew, or name others by --weights", WeightsError)
    else:
        yield ok("weights", f"{info.name}, whole, fingerprint {info.fingerprint}")
    for path, why in weights.broken_weights().items():
        yield warn(f"weights {path.stem}", why, f"remove {path}, or copy it again")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_python,
    check_plugins,
    check_folders,
    check_torch,
    check_engines,
    check_films,
    check_sound,
    check_faces,
    check_weights,
    check_microphone,
    check_landmarks,
)

"""What x2face needs of the machine it is on, one check a thing."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from x2face_core.errors import MissingError, PluginError, WeightsError, X2FaceError

FILM_CODECS = {
    "libx264": ".mp4 films",
    "aac": "sound in .mp4",
    "libvpx-vp9": ".webm films",
    "libopus": "sound in .webm",
}
NEEDED_CODECS = {"libx264", "aac"}
_BROKEN = (ImportError, OSError, RuntimeError, AttributeError)  # what a library that is there but broken raises


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found.

    status: ok, warn (something optional is missing) or fail (something needed is)
    says: what was found; remedy: what would do; exit_code: of what will fail for it
    """

    name: str
    status: str
    says: str
    remedy: str | None = None
    exit_code: int = 0


def examine() -> Iterator[Finding]:
    """All checks, the quick ones first."""
    for check in CHECKS:
        yield from check()


def _ok(name: str, says: str) -> Finding:
    return Finding(name=name, status="ok", says=says)


def _warn(name: str, says: str, remedy: str) -> Finding:
    return Finding(name=name, status="warn", says=says, remedy=remedy)


def _fail(name: str, says: str, remedy: str, error: type[X2FaceError] = MissingError) -> Finding:
    return Finding(name=name, status="fail", says=says, remedy=remedy, exit_code=error.exit_code)


def check_python() -> Iterator[Finding]:
    yield _ok("python", f"{platform.python_version()} in {sys.prefix}, {platform.system()} {platform.machine()}")
    yield _ok("x2face", version("x2face"))


def check_plugins() -> Iterator[Finding]:
    from x2face_plugins.registry import Registry

    listed = Registry.load().plugins
    usable = [line.name for line in listed if line.status == "ok"]
    yield _ok("plugins", ", ".join(usable) or "none")
    for line in listed:
        name, says = f"plugin {line.name}", f"{line.dist} {line.version}: {line.status}, {line.error}"
        if line.status == "failed" and line.dist == "x2face":
            yield _fail(name, says, "install x2face anew", PluginError)
        elif line.status != "ok":
            yield _warn(name, says, f"update or remove {line.dist}, or leave it out of $X2FACE_PLUGINS")


def check_folders() -> Iterator[Finding]:
    from x2face_core.weights import home

    for name, folder in (("outputs", Path("outputs").absolute()), ("home", home())):
        there = next(one for one in (folder, *folder.parents) if one.exists())
        if there.is_dir() and os.access(there, os.W_OK):
            yield _ok(name, f"{folder} {'can be written' if there == folder else 'can be made'}")
        else:
            remedy = "set X2FACE_HOME to a folder of yours" if name == "home" else "give run an -o somewhere else"
            yield _warn(name, f"{folder} cannot be written", remedy)


def check_torch() -> Iterator[Finding]:
    try:
        import torch

        threads = torch.get_num_threads()
        yield _ok("torch", f"{torch.__version__}, {threads} threads")
    except _BROKEN as error:
        yield _fail("torch", f"cannot be imported ({error})", "pip install 'torch>=2.6,<2.14'")
        return
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
        yield _ok("device", f"cuda: {', '.join(names)}")
    else:
        yield _ok("device", f"cpu, {torch.backends.cpu.get_cpu_capability()}")
    yield _ok("precision", _precision(cpu_flags()))


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the processor says it can do; nothing where the system does not tell."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    named = [line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))]
    return frozenset(named[0]) if named else frozenset()


def _precision(flags: frozenset[str]) -> str:
    fast = sorted(flags & {"amx_bf16", "avx512_bf16", "bf16"})
    return f"bf16 in hardware ({', '.join(fast)})" if fast else "no bf16 in hardware: fp32 is the faster one"


def check_codecs() -> Iterator[Finding]:
    try:
        import av
    except _BROKEN as error:
        yield _fail("films", f"PyAV cannot be imported ({error})", "pip install av")
        return
    lacking = FILM_CODECS.keys() - av.codecs_available
    yield _ok("films", f"PyAV {av.__version__}, writes {', '.join(c for c in FILM_CODECS if c not in lacking)}")
    for codec in sorted(lacking):
        says, remedy = f"PyAV has no {codec}, so no {FILM_CODECS[codec]}", "pip install --force-reinstall av"
        yield _fail(f"codec {codec}", says, remedy) if codec in NEEDED_CODECS else _warn(f"codec {codec}", says, remedy)


def check_faces() -> Iterator[Finding]:
    try:
        import dlib

        dlib.get_frontal_face_detector()
        yield _ok("faces", f"dlib {dlib.__version__} with its detector")
    except _BROKEN as error:
        yield _fail("faces", f"dlib cannot be used ({error})", "pip install dlib-bin, or run --crop none")


def check_weights() -> Iterator[Finding]:
    from x2face_core import weights

    try:
        info = weights.verify(weights.find_weights())
    except WeightsError as error:
        yield _fail("weights", str(error), "install x2face anew, or name others by --weights", WeightsError)
    else:
        yield _ok("weights", f"{info.name}, whole, fingerprint {info.fingerprint}")


def check_landmarks() -> Iterator[Finding]:
    remedy = "pip install 'x2face[landmarks]', needed by `prepare --landmarks` only"
    try:
        found = version("mediapipe")
    except PackageNotFoundError:
        yield _warn("landmarks", "mediapipe is not installed", remedy)
        return
    numbers = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
    if (0, 10, 14) <= numbers < (0, 10, 30):
        yield _ok("landmarks", f"mediapipe {found}")
    else:
        yield _warn("landmarks", f"mediapipe {found} may lack the face models", remedy)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_python,
    check_plugins,
    check_folders,
    check_torch,
    check_codecs,
    check_faces,
    check_weights,
    check_landmarks,
)

"""What `x2face run` does once its options are understood: load drivers and weights, make the film, report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_cli import screen
from x2face_core.composing import Part, foreign_load
from x2face_core.job import Job, Report, perform
from x2face_core.pipeline import Painted
from x2face_plugins.specs import DriverSpec

if TYPE_CHECKING:
    from x2face_core.model import X2Face
    from x2face_plugins.registry import Registry

LIGHT = 32_000_000  # parameters
DTYPES = {"torch.float32": "fp32", "torch.bfloat16": "bf16", "torch.float16": "fp16"}


def run(registry: Registry, settings: Mapping[str, Any], job: Job, given: Mapping[str, Any]) -> dict[str, Any]:
    """Do the job; the answer has the keys of `run --json`.

    settings: by driver's name, in the order of the command line; given: weights, engine, device, dtype
    """
    parts, overlays = load_parts(registry, settings)
    model = load_model(given)
    screen.detail(f"weights {model.name}, {model.device}, {model.dtype}")
    with _telling_what_is_left(job.output.path):
        report = perform(
            job,
            model,
            parts,
            overlays=overlays,
            follow=screen.follow,
            load_driver=lambda name, more: delegate(registry, name, more),
        )
    return {
        **_of_film(report),
        "wall_seconds": 0.0,
        "source_boxes": report.source_boxes,
        "driving_box": report.driving_box,
        "drivers": _of_drivers(registry, list(settings), parts, report),
        "weights": {"name": model.name, "fingerprint": model.fingerprint},
        "engine": given["engine"],
        "dtype": DTYPES.get(str(model.dtype), str(model.dtype)),
        "device": str(model.device),
        "warnings": report.warnings,
    }


@contextmanager
def _telling_what_is_left(path: Path) -> Iterator[None]:
    """On Ctrl-C, say where the part of the film is that was done."""
    before = _changed(path)
    try:
        yield
    except KeyboardInterrupt:
        if _changed(path) != before:
            screen.note(f"{path} has what was done so far")
        raise


def _changed(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.exists() else None


def load_model(given: Mapping[str, Any]) -> X2Face:
    from x2face_core.model import X2Face

    model = X2Face.load(given["weights"], device=given["device"], dtype=given["dtype"])
    _leave_a_core(model)
    return model


def _leave_a_core(model: X2Face) -> None:
    """Light networks take as long as reading and writing films, which go on beside them and need a core too."""
    import torch

    light = sum(parameter.numel() for parameter in model.networks.parameters()) < LIGHT
    if light and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))


def load_parts(registry: Registry, settings: Mapping[str, Any]) -> tuple[list[Part], list[Painted]]:
    """The named drivers and overlays, loaded. PluginError where one fails."""
    parts, overlays = [], []
    for name, one in settings.items():
        spec = registry.driver(name)
        if isinstance(spec, DriverSpec):
            parts.append(load_part(registry, name, one))
        else:
            overlay = foreign_load(spec.load, one, name, *registry.dist_of(name))
            overlays.append(Painted(name, overlay, spec.moving))
    return parts, overlays


def load_part(registry: Registry, name: str, settings: Any) -> Part:
    spec = registry.driver(name)
    dist, version = registry.dist_of(name)
    driver = foreign_load(spec.load, settings, name, dist, version)
    declared = {key: getattr(spec, key) for key in ("relative", "endless", "live", "holds")}
    return Part.of(name, driver, dist=dist, version=version, **declared)


def delegate(registry: Registry, name: str, settings: dict[str, Any]) -> Part:
    """Another installed driver, for one that hands its work on."""
    return load_part(registry, name, registry.driver(name).settings(**settings))


def _of_film(report: Report) -> dict[str, Any]:
    return {
        "output": str(report.output),
        "frames": report.frames,
        "fps": round(report.fps, 6),
        "seconds": round(report.seconds, 6),
    }


def _of_drivers(
    registry: Registry, names: Sequence[str], parts: Sequence[Part], report: Report
) -> list[dict[str, Any]]:
    moved = {part.name: (_kind(part), rms) for part, rms in zip(parts, report.rms, strict=True)}
    rows = []
    for name in names:
        dist, version = registry.dist_of(name)
        kind, rms = moved.get(name, ("overlay", 0.0))
        rows.append({"name": name, "dist": dist, "version": version, "kind": kind, "rms": rms})
    return rows


def _kind(part: Part) -> str:
    return "offset" if part.relative else "absolute"

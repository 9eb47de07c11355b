"""What `x2face run` does once its options are understood: load drivers and weights, make the film, report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_cli import screen
from x2face_core.files.ledger import noting
from x2face_core.rendering.job import Job, Report, perform
from x2face_core.rendering.pipeline import Painted
from x2face_core.streaming.composing import Part, Still
from x2face_plugins.activating import delegate, load_parts
from x2face_plugins.mappings.loading import mapping_loader

if TYPE_CHECKING:
    from x2face_core.model import X2Face
    from x2face_core.rendering.outputs import Output
    from x2face_plugins.registry import Registry

LIGHT = 32_000_000  # parameters
DTYPES = {"torch.float32": "fp32", "torch.bfloat16": "bf16", "torch.float16": "fp16"}


@noting()
def run(registry: Registry, settings: Mapping[str, Any], job: Job, given: Mapping[str, Any]) -> dict[str, Any]:
    """Do the job; the answer has the keys of `run --json`.

    settings: by driver's name, in the order of the command line
    given: weights, engine, device, dtype, mappings, embedded
    """
    parts, overlays = load_parts(registry, settings)
    parts = parts or [Part("the painted face", Still(), endless=True)]
    model = load_model(given)
    if given.get("embedded"):
        overlays.insert(0, _repainted(given["embedded"], model))
    screen.detail(f"weights {model.name}, {model.device}, {model.dtype}")
    with _telling_what_is_left(job.output):
        report = perform(
            job,
            model,
            parts,
            overlays=overlays,
            follow=screen.follow,
            load_driver=lambda name, more: delegate(registry, name, more),
            load_mapping=mapping_loader(registry, model.fingerprint, given.get("mappings", ()), model.info.path),
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


def _repainted(path: Path, model: X2Face) -> Painted:
    """An embedded face from a file takes the place of the source's own before anything is painted on it."""
    from x2face_core.sources.embedded import Repainted

    return Painted("embedded", Repainted(path, model.fingerprint))


@contextmanager
def _telling_what_is_left(output: Output) -> Iterator[None]:
    """On Ctrl-C, say where the part of the film is that was done."""
    before = _changed(output.path)
    try:
        yield
    except KeyboardInterrupt:
        if _changed(output.path) != before:
            screen.note(f"{output} has what was done so far")
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


def contributions(report: Mapping[str, Any]) -> str:
    """One line: how much each driver moved the face, by the rms of its offset; overlays move nothing."""
    told = [(one["name"], "painted" if one["kind"] == "overlay" else f"{one['rms']:.2g}") for one in report["drivers"]]
    return ", ".join(f"{name} {much}" for name, much in told)


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
        offer = registry.driver(name)
        kind, rms = moved.get(name, ("overlay", 0.0))
        rows.append({"name": name, "dist": offer.dist, "version": offer.version, "kind": kind, "rms": rms})
    return rows


def _kind(part: Part) -> str:
    return "offset" if part.relative else "absolute"

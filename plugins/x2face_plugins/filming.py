"""Making a film: the implementation of `x2face run`, `x2face.run` and the demo."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from x2face_core.errors import UsageError
from x2face_core.files.ledger import noting
from x2face_core.foreign import Owner
from x2face_plugins.manifest import Manifest, manifest_of
from x2face_plugins.planning import Loaded, Plan
from x2face_plugins.provenance import HashedInput, hash_inputs, provenance_of
from x2face_plugins.registry import Registry
from x2face_plugins.words import read_words

if TYPE_CHECKING:
    from pathlib import Path

    from x2face_core.driving import Mapping
    from x2face_core.model import X2Face
    from x2face_core.rendering.credentials import Credentials
    from x2face_core.rendering.job import Equipment, Follow, Job, Report
    from x2face_core.sources.source import MappingsByName
    from x2face_core.streaming.active import ActiveDriver
    from x2face_plugins.session import Session

OF_THE_SESSION = ("weights", "mapping", "engine", "device", "dtype", "strict_plugins")
"""Options of run that determine how a session is loaded."""


def run(
    *source: str | Path, progress: Follow | None = None, session: Session | None = None, **words: Any
) -> dict[str, Any]:
    """Make a film; returns a report with the keys of `x2face run --json`.

    source: paths of pictures, films or folders with the face to be driven
    words: options of the command line as keywords, with _ for -, such as audio="a.wav" or pose_yaw="-20:20"; True for
        a driver without input
    progress: wraps the iterator of frames, such as lambda frames, what, total: tqdm(frames, what, total); total is the
        expected number of frames, or None
    session: a loaded session; then words must not name weights, device and the like
    Raises X2FaceErrors, as the command line does.
    """
    registry = session.registry if session else Registry.load(strict=bool(words.get("strict_plugins", False)))
    if session and (clash := [word for word in OF_THE_SESSION if word in words]):
        raise UsageError(f"{', '.join(clash)}: a session that is loaded has its own; give them to Session.load.")
    parsed = read_words(registry, {"source": list(source), **words} if source else words)
    return make_film(Plan.of(parsed.options(), parsed.choices()), parsed.registry, session, progress)


def make_film(
    plan: Plan, registry: Registry, session: Session | None = None, progress: Follow | None = None
) -> dict[str, Any]:
    """Make a planned film. Drivers are loaded before the weights, so that bad inputs are reported at once."""
    return film(plan, registry, session, progress)[0]


def film(
    plan: Plan,
    registry: Registry,
    session: Session | None = None,
    progress: Follow | None = None,
    threads: int | None = None,
) -> tuple[dict[str, Any], Manifest]:
    """As make_film, with the film's manifest, which is also written if the plan says so.

    threads: of torch while frames are rendered; None: chosen automatically
    """
    started = time.perf_counter()
    with noting():
        with _collector_paused():
            loaded, credentials = plan.load(), plan.credentials()
            if session is None:
                session = load_session(plan, registry)
            else:
                plan = plan.with_options(session.chosen)
            from x2face_core.rendering import dubbing_job
            from x2face_core.rendering import job as rendering_job
        plan, loaded = _blinking(plan, loaded, registry, session)
        inputs, mappings = hash_inputs(plan), UsedMappings(session.mapping)
        with _threads(session.model, threads) as used:
            job = _job(plan, session.model, inputs, credentials)
            make = dubbing_job.perform_dubbing if plan.options.keeps_motion else rendering_job.perform
            report = make(job, _equipment(plan, loaded, session, mappings), progress or rendering_job.unwatched)
        summary = summary_of(plan, loaded, report, session)
        summary["signed_by"] = None if credentials is None else credentials.holder
        live = any(one.live for one in loaded.drivers)
        manifest = manifest_of(
            plan, summary, inputs, model=session.model, frames_sha256=report.frames_sha256,
            mappings=mappings.checksums(), threads=used, live=live,
        )  # fmt: skip
        if plan.manifest is not None:
            manifest.write(plan.manifest, overwrite=plan.output.overwrite)
    return summary | {"wall_seconds": round(time.perf_counter() - started, 3)}, manifest


class UsedMappings:
    """Loads mappings for a run, and tells which it used."""

    def __init__(self, load: MappingsByName) -> None:
        self._load = load
        self._used: dict[str, Mapping] = {}

    def __call__(self, name: str) -> Mapping:
        return self._used.setdefault(name, self._load(name))

    def checksums(self) -> dict[str, str]:
        """Checksum of the tensors of each used mapping, by name."""
        from x2face_core.files.checksums import checksum
        from x2face_plugins.mappings.files import as_tensors

        owners = {name: Owner("mapping", name) for name in sorted(self._used)}
        return {name: checksum(as_tensors(self._used[name].state_dict(), owner)) for name, owner in owners.items()}


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: imports make many objects that stay, and a tenth of their time went into it.

    Afterwards they count as old, or the first collection would go through all of them.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.freeze()
            gc.unfreeze()  # to the oldest generation, not the young ones that they were in
            gc.enable()


def _blinking(plan: Plan, loaded: Loaded, registry: Registry, session: Session) -> tuple[Plan, Loaded]:
    """The same; with blinks where they go with speech."""
    from x2face_plugins.blinking import blinks_beside

    added = (
        None
        if plan.options.still or plan.options.keeps_motion
        else blinks_beside(loaded.drivers, registry, session.mapping)
    )
    return (plan, loaded) if added is None else (plan.joined_by(added), loaded.joined_by(added))


def load_session(plan: Plan, registry: Registry) -> Session:
    """The session that a plan asks for. WeightsError, UsageError, as of Session.load."""
    from x2face_plugins.session import Session

    options = plan.options
    return Session.load(
        options.weights,
        options.device,
        engine=options.engine,
        dtype=options.dtype,
        mappings=options.mapping,
        registry=registry,
    )


def _job(plan: Plan, model: X2Face, inputs: list[HashedInput], credentials: Credentials | None) -> Job:
    """The plan's job, with the metadata of the film and what signs it."""
    from x2face_core.rendering.signing import signed_with

    origin = provenance_of(plan, model, inputs)
    seal = None if credentials is None else signed_with(credentials, origin)
    return replace(plan.job, metadata=origin.metadata(), seal=seal)


def _equipment(plan: Plan, loaded: Loaded, session: Session, mappings: MappingsByName) -> Equipment:
    from x2face_core.rendering.job import Equipment
    from x2face_core.sources.embedded import Repainted
    from x2face_core.streaming.active import ActiveOverlay

    overlays, embedded = list(loaded.overlays), plan.options.embedded
    if embedded is not None:  # below all other overlays
        repainted = Repainted(embedded, session.model.fingerprint)
        overlays.insert(0, ActiveOverlay.of(repainted, Owner("overlay", "embedded")))
    return Equipment(
        model=session.model,
        drivers=loaded.drivers,
        overlays=overlays,
        load_mapping=mappings,
        load_driver=session.delegate,
    )


@contextmanager
def _threads(model: X2Face, wanted: int | None) -> Iterator[int]:
    """Set the number of torch's threads, and yield it.

    By default a light network leaves a CPU core to decoding, encoding and its own workers, which run in parallel.
    """
    from x2face_core.engines.interface import rendering_threads, torch_threads

    chosen = wanted or rendering_threads(model.is_light)
    with torch_threads(chosen):
        yield chosen


def summary_of(plan: Plan, loaded: Loaded, report: Report, session: Session) -> dict[str, Any]:
    """The report, as `x2face run --json` prints it."""
    model = session.model
    return {
        "output": str(plan.output),
        "frames": report.frames,
        "fps": round(report.fps, 6),
        "seconds": round(report.seconds, 6),
        "wall_seconds": 0.0,
        "size": list(report.size),
        "view": report.view,
        "moved": report.moved,
        "source_boxes": report.source_boxes,
        "driving_box": report.driving_box,
        "drivers": _drivers(plan, loaded, report),
        "weights": {"name": model.name, "fingerprint": model.fingerprint},
        "engine": model.engine,
        "dtype": model.precision,
        "device": model.device_name,
        "warnings": report.warnings,
        "advice": report.advice,
    }


def _drivers(plan: Plan, loaded: Loaded, report: Report) -> list[dict[str, Any]]:
    moved = {one.name: (_kind(one), rms) for one, rms in zip(loaded.drivers, report.rms, strict=True)}
    rows = []
    for choice in plan.choices:
        kind, rms = moved.get(choice.offer.name, ("overlay", 0.0))
        offer = choice.offer
        row = {"name": choice.name, "dist": offer.dist, "version": offer.version, "kind": kind, "rms": rms}
        rows.append(row | ({"by_default": True} if choice.by_default else {}))
    return rows


def _kind(driver: ActiveDriver) -> str:
    return "offset" if driver.relative else "absolute"

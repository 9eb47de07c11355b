"""One run whose source is a film that keeps its own motion: from files to the dubbed film."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
import torch

from x2face_core.errors import UsageError
from x2face_core.media.pictures import Picture
from x2face_core.media.video import is_film
from x2face_core.rendering.digest import FramesDigest
from x2face_core.rendering.dubbing import MOUTH, Dubbing, refuse_what_cannot_dub
from x2face_core.rendering.footage import FilmedScene, Footage, read_footage
from x2face_core.rendering.job import (
    Equipment,
    Follow,
    Job,
    Report,
    corners,
    find_sound,
    note_reduction,
    unwatched,
    write,
)
from x2face_core.rendering.marking import marked
from x2face_core.sources.source import Model
from x2face_core.suitability.likeness import likeness_of
from x2face_core.suitability.same_person import REFUSED_BELOW
from x2face_core.suitability.sources import advice


def perform_dubbing(job: Job, equipment: Equipment, follow: Follow = unwatched) -> Report:
    """Make the film; as `perform`. Raises X2FaceErrors."""
    model, drivers = equipment.model, equipment.drivers
    _refuse_options(job)
    refuse_what_cannot_dub(drivers, equipment.overlays)
    footage = read_footage(
        job.sources[0], model, job.cropping, job.source_frames,
        seconds=job.seconds, fusion=job.fusion, complete=job.complete, seed=job.seed,
        load_mapping=equipment.load_mapping, load_driver=equipment.load_driver, rest=MOUTH,
    )  # fmt: skip
    footage, notes = (footage, []) if job.force else _of_one_person(footage, model)
    portraits = footage.main.portraits
    tips = list(advice(portraits, job.cropping, model, speech=False, force=True))
    dubbing = Dubbing.of(footage, drivers)
    sound, digest = find_sound(job, drivers), FramesDigest()
    notes += [] if sound.remark is None else [sound.remark]
    pictures = marked(_beside(dubbing, footage) if job.compare else dubbing.pictures(), job.mark)
    with closing(digest.of(note_reduction(pictures, job.output, notes))) as frames:
        shown = follow(frames, "rendering", footage.frames)
        written = write(job, shown, footage.fps, sound)
    return Report(
        output=job.output.path,
        frames=written,
        fps=footage.fps,
        source_boxes=[corners(filmed.box) for filmed in footage.scenes],
        driving_box=None,
        rms=[meter.rms for meter in dubbing.composed.meters[: len(drivers)]],
        warnings=[*notes, *_lengths(dubbing, footage), *(warning for one in drivers for warning in one.warnings)],
        advice=tips,
        frames_sha256=digest.hexdigest(),
        size=digest.size,
        view=[0.0, 0.0, *map(float, footage.size)],
    )


def _refuse_options(job: Job) -> None:
    """UsageError for options that a film which keeps its motion has no use for."""
    if len(job.sources) != 1 or job.sources[0].is_dir() or not is_film(job.sources[0]):
        raise UsageError(f"--source-motion keep: one film is needed as the source, not {job.sources[0]}.")
    for name, given in (("fps", job.fps is not None), ("record", job.record is not None)):
        if given:
            raise UsageError(f"--{name}: a film that keeps its motion has its own; leave it out.")
    finishing = {
        "background": job.background != "move", "finish": job.finish != "none", "smooth": job.smooth > 0,
        "sharpen": job.sharpen > 0,
    }  # fmt: skip
    for name, given in finishing.items():
        if given:
            raise UsageError(
                f"--{name}: is for a driven photograph, not for a film that keeps its motion; leave it out."
            )


def _of_one_person(footage: Footage, model: Model) -> tuple[Footage, list[str]]:
    """The same without scenes whose face is not that of the longest one, and a note about them."""
    learned = likeness_of(model.fingerprint)
    if learned is None or len(footage.scenes) < 2:
        return footage, []
    textures = torch.stack([filmed.source.face.texture for filmed in footage.scenes])
    alike = learned.cosines(textures)[footage.scenes.index(footage.main)] >= REFUSED_BELOW
    kept = [filmed for filmed, same in zip(footage.scenes, alike, strict=True) if same]
    others = [filmed for filmed in footage.scenes if filmed not in kept]
    return replace(footage, scenes=kept), [_others(others, footage)] if others else []


def _others(scenes: Sequence[FilmedScene], footage: Footage) -> str:
    starts = ", ".join(f"{one.scene.start / footage.fps:.2f}" for one in scenes)
    return (
        f"{footage.path}: somebody else speaks in the scenes from {starts} s on, which stay as they are; --force dubs "
        "them too."
    )


def _lengths(dubbing: Dubbing, footage: Footage) -> list[str]:
    """Notes for the user about frames without a face and about speech that ends before the film."""
    lines = []
    shown = sum(one.scene.has_face(k) for one in footage.scenes for k in range(one.scene.start, one.scene.stop))
    if missing := footage.frames - shown:
        lines.append(f"{footage.path}: {missing} of {footage.frames} frames without the face stay as they are.")
    if dubbing.driven < footage.frames:
        ends = dubbing.driven / footage.fps
        lines.append(
            f"what drives ends at {ends:.2f} of {footage.frames / footage.fps:.2f} s; the mouth rests after it."
        )
    return lines


def _beside(dubbing: Dubbing, footage: Footage) -> Generator[Picture]:
    """The film's own frames to the left of the dubbed ones."""
    with closing(footage.pictures()) as plain, closing(dubbing.pictures()) as dubbed:
        for before, after in zip(plain, dubbed, strict=True):
            yield np.concatenate([before, after], axis=1)

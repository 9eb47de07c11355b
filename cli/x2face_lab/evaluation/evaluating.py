"""The complete evaluation, as run by `x2face evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from x2face_core.data.folder import Clip, FaceFolder
from x2face_core.data.tables import Split
from x2face_core.errors import MissingError, UsageError, WeightsError
from x2face_core.identity.encoding import IdentityEncoder
from x2face_core.model import X2Face
from x2face_core.sources.source import DriversByName, MappingsByName, as_factor, no_drivers, no_mappings
from x2face_lab.evaluation.across import CrossDriving, measure_across
from x2face_lab.evaluation.audio import FACES, measure_audio
from x2face_lab.evaluation.audio import summary as audio_summary
from x2face_lab.evaluation.control import control, faces_of
from x2face_lab.evaluation.figures import across, fidelity, keypoints, of_people, rounded
from x2face_lab.evaluation.identity import identity
from x2face_lab.evaluation.keypoints import measure_keypoints
from x2face_lab.evaluation.offsets import SyncScorer, offset_shares
from x2face_lab.evaluation.perceptual import Perceptual
from x2face_lab.evaluation.readers import Reader, best_reader
from x2face_lab.evaluation.reading import PoseRead, pose_figures
from x2face_lab.evaluation.reconstruction import reconstruct
from x2face_lab.evaluation.speakers import by_person
from x2face_lab.evaluation.tracks import clips_of

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    figures: as printed by `evaluate --json`; moved: films of motion transfer across people, for the sheet
    notes: what could not be measured, and why
    """

    figures: dict[str, Any]
    moved: Sequence[CrossDriving]
    notes: Sequence[str] = ()

    def sheet(self, rows: int = 10) -> Tensor:
        """(3, h, w) contact sheet: pairs of rows with a source, six driving frames, and the generated frames."""
        strips = []
        for one in self.moved[:rows]:
            driving, generated = one.frames
            blank = torch.zeros_like(one.source)
            strips.append(torch.cat([one.source, *driving], dim=2))
            strips.append(torch.cat([blank, *generated], dim=2))
        return torch.cat(strips, dim=1)[:, ::2, ::2]


def evaluate(
    model: X2Face,
    data: Path,
    split: Split = "test",
    progress: Progress = lambda what, done, total: None,
    *,
    load_mapping: MappingsByName = no_mappings,
    load_driver: DriversByName = no_drivers,
    reader: Reader | None = None,
    limit: int | None = None,
    raw: bool = False,
) -> Evaluation:
    """Measure weights on the people of a split.

    Only the reading of the pose needs labels. Parts whose mappings are not fitted are left out, with a note.
    load_mapping, load_driver: as of ModelSource; reader: None: a face mesh if installed, else the linear readout
    limit: largest number of clips of a person; raw: motion across people as `run --frame-raw` transfers it
    """
    folder = FaceFolder(data)
    clips, reader = clips_of(folder, split, limit=limit), reader or best_reader(model)
    context = MeasuringContext(model, folder, clips, reader, progress, load_mapping, load_driver)
    figures = _fidelity(context)
    told = context.of("across people")
    moved = measure_across(model, clips, reader, progress=told, load_mapping=load_mapping, raw=raw)
    figures |= across(moved, reader.name)
    if moved:
        figures["across_transfer"] = "raw" if raw else "default"
    figures |= context.tried("control", _control) | context.tried("audio", _audio)
    if found := identity([one.faces for one in moved if one.faces is not None]):
        figures["identity"] = rounded(found)
    return Evaluation(figures, moved, context.notes)


@dataclass(frozen=True)
class MeasuringContext:
    """The common inputs of all parts; `notes` collects what could not be measured."""

    model: X2Face
    folder: FaceFolder
    clips: Sequence[Clip]
    reader: Reader
    progress: Progress
    load_mapping: MappingsByName
    load_driver: DriversByName
    notes: list[str] = field(default_factory=list)

    def of(self, what: str) -> Callable[[int, int], None]:
        """The progress function for one part."""
        return partial(self.progress, what)

    def tried(self, name: str, part: Callable[[MeasuringContext], dict[str, Any]]) -> dict[str, Any]:
        """The figures of a part under its name; empty, with a note, if something it needs is missing."""
        try:
            found = part(self)
        except (MissingError, WeightsError, UsageError) as error:
            self.notes.append(f"{name} is not measured: {error}")
            return {}
        return {name: found} if found else {}


def _fidelity(context: MeasuringContext) -> dict[str, Any]:
    perceptual = Perceptual.find()
    context.notes.extend(perceptual.notes)
    found = reconstruct(
        context.model,
        context.folder,
        context.clips,
        context.reader,
        context.of("reconstruction"),
        IdentityEncoder.load(device=context.model.device.type),
        perceptual,
    )
    marked = measure_keypoints(context.model, context.clips, context.reader, context.of("keypoints"))
    return {
        "clips": len(context.clips),
        "people": len({clip.identity for clip in context.clips}),
        "frames": found.tally.count("l1_1"),
        **fidelity(found.tally),
        **perceptual.fid(),
        **keypoints(marked),
        "of_people": of_people(found.tally, marked),
        **_pose(found.poses),
    }


def _pose(poses: Sequence[PoseRead]) -> dict[str, Any]:
    return {"pose": pose_figures(poses), "pose_by_person": pose_figures(poses, by_person=True)} if poses else {}


def _control(context: MeasuringContext) -> dict[str, Any]:
    pose = as_factor("pose", context.load_mapping("pose"))
    faces = faces_of(context.clips, FACES)
    found = control(context.model, pose, faces, context.reader, context.of("pose control"))
    return {axis: rounded(figures) for axis, figures in found.items()}


def _audio(context: MeasuringContext) -> dict[str, Any]:
    listener = _listener(context)
    films = measure_audio(
        context.model,
        context.folder,
        context.clips,
        context.reader,
        context.load_mapping,
        context.load_driver,
        listener=listener,
        progress=context.of("speech"),
    )
    figures: dict[str, Any] = rounded(audio_summary(films)) | by_person(films)
    pairs = [film.offsets for film in films if film.offsets is not None]
    return figures | (
        {"sync": {name: rounded(shares) for name, shares in offset_shares(pairs).items()}} if pairs else {}
    )


def _listener(context: MeasuringContext) -> SyncScorer | None:
    from x2face_audio.sync.weights import load_sync

    try:
        return SyncScorer(load_sync()[0])
    except WeightsError as error:
        context.notes.append(f"the offset of sound and lips is not measured: {error}")
        return None

"""The table of baselines: ours beside CycleGAN and a warp by landmarks, on the same films (paper 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from x2face_baselines.cyclegan import CycleGAN
from x2face_baselines.cyclegan_files import CycleGANFolder
from x2face_core.data.folder import FaceFolder
from x2face_core.data.tables import Split
from x2face_core.errors import MissingError, NoFaceError
from x2face_core.identity.encoding import IdentityEncoder
from x2face_core.model import X2Face
from x2face_core.sources.source import MappingsByName, no_mappings
from x2face_lab.comparison.marks import Marks, best_marks
from x2face_lab.comparison.measuring import Comparison
from x2face_lab.comparison.methods import Copying, Method, Ours, Translated, Warped
from x2face_lab.comparison.names import METHODS
from x2face_lab.comparison.takes import Person, couples, people_of, read_take
from x2face_lab.evaluation.readers import best_reader

LEAST = 25
"""Frames of the film that shows a person's motion."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Asked:
    """What is compared. people, frames of each film, clips of a person (limit): at most; methods: some of METHODS"""

    split: Split = "test"
    people: int = 4
    frames: int = 75
    limit: int | None = None
    methods: Sequence[str] = METHODS


def table_of_baselines(
    model: X2Face,
    folder: FaceFolder,
    asked: Asked,
    kept: CycleGANFolder,
    progress: Progress,
    load_mapping: MappingsByName = no_mappings,
) -> dict[str, Any]:
    """Measure the methods; as `x2face table baselines --json` prints it.

    load_mapping: as of ModelSource, for the transfer of motion
    kept: trains the CycleGANs, one of each two people who drive one another
    InputError for fewer than two people.
    """
    pairs = couples(people_of(folder, asked.split, asked.people, LEAST, asked.limit))
    notes: list[str] = []
    marks = _marks(folder, asked, notes)
    ours = Ours(model, load_mapping)
    methods = _methods(ours, asked, marks, _trained(pairs, asked, kept, progress))
    comparison = Comparison(best_reader(model), IdentityEncoder.load(device=model.device.type))
    jobs = [(driver, source) for a, b in pairs for driver, source in ((a, b), (b, a))]
    total, done = len(jobs) * len(methods), 0

    def counted() -> None:
        nonlocal done
        done += 1
        progress("films", done, total)

    for driver, source in jobs:
        take = read_take(model, marks, driver, source, asked.frames)
        if (person := take.without_face) is not None:
            notes.append(f"{driver.name} driving {source.name} is left out: no face was found of {person}.")
            continue
        comparison.add(take, methods, counted)
    if not comparison.tallies:
        raise NoFaceError(f"{folder.path}: {' '.join(notes)}")
    found: dict[str, Any] = {"table": "baselines", "split": asked.split, "frames": asked.frames, "weights": model.name}
    found |= {"steps": kept.settings.steps, "pairs": [[a.name, b.name] for a, b in pairs]}
    return {**found, "landmarks_by": None if marks is None else marks.name, **comparison.figures(), "notes": notes}


def _marks(folder: FaceFolder, asked: Asked, notes: list[str]) -> Marks | None:
    if not {"warp", "hidden"} & set(asked.methods):
        return None
    try:
        return best_marks(folder)
    except MissingError as error:
        notes.append(f"the landmark warp is left out: {error}")
        return None


def _trained(
    pairs: Sequence[tuple[Person, Person]], asked: Asked, kept: CycleGANFolder, progress: Progress
) -> Mapping[tuple[str, str], CycleGAN]:
    if "cyclegan" not in asked.methods:
        return {}
    models, side = {}, kept.settings.side
    for a, b in pairs:

        def told(done: int, total: int, what: str = f"CycleGAN of {a.name} and {b.name}") -> None:
            progress(what, done, total)

        models[a.name, b.name] = kept.model(a.pictures(side), b.pictures(side), told)
    return models


def _methods(
    ours: Ours, asked: Asked, marks: Marks | None, cyclegans: Mapping[tuple[str, str], CycleGAN]
) -> list[Method]:
    known: dict[str, Method] = {
        "copy": Copying(),
        "x2face": ours,
        "absolute": replace(ours, absolute=True),
        "warp": Warped(),
        "hidden": Warped(hidden=True),
        "cyclegan": Translated(cyclegans),
    }
    left_out = {"warp", "hidden"} if marks is None else set()
    return [known[name] for name in METHODS if name in asked.methods and name not in left_out]

"""Descriptions of training data, for the metadata of weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from x2face_core.data.folder import Clip, FaceFolder, seconds_of
from x2face_core.data.shards.folder import ShardFolder
from x2face_core.data.stills import Still
from x2face_core.training.initial_weights import InitialWeights
from x2face_core.training.recipes import LabelledRecipe, Recipe


def statement_of(folder: FaceFolder, recipe: Recipe, started: InitialWeights | None) -> str:
    """Description of the training data, for the metadata of weights."""
    if isinstance(folder, ShardFolder):
        parts = [summary(folder.index.clips, folder.index.people, folder.index.seconds)]
    else:
        parts = [statement(folder.of_split("train"))]
    if isinstance(recipe, LabelledRecipe) and recipe.stills and folder.stills is not None:
        parts.append(photographs_statement(folder.stills.of_split("train")))
    if started is not None:
        parts.append(f"begun with {started.name}, which saw {started.data}")
    return "; ".join(parts)


def photographs_statement(stills: Sequence[Still]) -> str:
    """Description of the training photographs."""
    sources = Counter(still.source or "unnamed" for still in stills)
    listed = ", ".join(f"{name} {count}" for name, count in sorted(sources.items()))
    return f"{len(stills)} photographs of {len({still.identity for still in stills})} people: {listed}"


def statement(clips: Sequence[Clip]) -> str:
    """Description of the training clips."""
    return summary(len(clips), len({clip.identity for clip in clips}), seconds_of(clips))


def summary(clips: int, people: int, seconds: Mapping[str, float]) -> str:
    """Description of clips by their number, their people, and their seconds by source."""
    sources = ", ".join(f"{name or 'unnamed'} {total:.0f} s" for name, total in seconds.items())
    return f"{clips} clips of {people} people, {sum(seconds.values()):.0f} s: {sources}"

"""Findings about sources, and the advice that a run gives about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from torch import Tensor

from x2face_core.errors import WeightsError
from x2face_core.pixels import to_tensor
from x2face_core.sources.portraits import Cropping, Portrait
from x2face_core.sources.source import Model
from x2face_core.suitability.expression import expression
from x2face_core.suitability.findings import Finding, warnings
from x2face_core.suitability.framing import edges, face_count, face_size
from x2face_core.suitability.hair import hair
from x2face_core.suitability.light import SIDE, brightness, sharpness
from x2face_core.suitability.same_person import refuse_different_people

ONLY_FOR_SPEECH = "lips"


def of_portrait(portrait: Portrait, cropping: Cropping, model: Model) -> list[Finding]:
    """All findings about one picture."""
    count = face_count(portrait)
    if cropping.face is not None:  # chosen by the user
        count = replace(count, status="ok", remedy="")
    frame = [count, edges(portrait), hair(portrait, cropping.scale), face_size(portrait, cropping.scale)]
    frame.append(brightness(portrait.crop))
    sharp = [sharpness(portrait.crop)] if len(portrait.crop) >= SIDE else []  # cannot be measured on smaller crops
    return [*frame, *sharp, *_read(portrait, model)]


def _read(portrait: Portrait, model: Model) -> list[Finding]:
    reading = readings(model.encode(to_tensor([portrait.crop])), model)
    return [] if reading is None else expression(reading[0])


def readings(vectors: Tensor, model: Model) -> Tensor | None:
    """(n, 7), model.READINGS of driving vectors; None if the weights carry no reading."""
    try:
        return model.read(vectors).float().cpu()
    except WeightsError:
        return None


def advice(
    portraits: Sequence[Portrait], cropping: Cropping, model: Model, *, speech: bool, force: bool
) -> Iterator[str]:
    """Lines for the user about a run's sources. UsageError if they look like different people and `force` is not set.

    speech: whether a driver follows a sound; only then closed lips are warned of
    """
    likeness = None if force else refuse_different_people(portraits, model)
    for path, found in _by_source(portraits, cropping, model):
        yield from (f"{path}: {one.line}" for one in found if speech or one.name != ONLY_FOR_SPEECH)
    if likeness is not None:
        yield from (one.line for one in warnings([likeness]))


def _by_source(portraits: Sequence[Portrait], cropping: Cropping, model: Model) -> Iterator[tuple[str, list[Finding]]]:
    """Each source's name and the warnings about its pictures, one for each check."""
    found: dict[str, dict[str, Finding]] = {}
    for portrait in portraits:
        for one in warnings(of_portrait(portrait, cropping, model)):
            found.setdefault(portrait.name, {}).setdefault(one.name, one)
    for name, findings in found.items():
        yield name, list(findings.values())

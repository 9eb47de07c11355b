"""What is found of sources, and what of it a run says."""

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
from x2face_core.suitability.light import SIDE, brightness, sharpness
from x2face_core.suitability.together import refuse_strangers

ONLY_FOR_SPEECH = "lips"


def of_portrait(portrait: Portrait, cropping: Cropping, model: Model) -> list[Finding]:
    """Everything that is looked at in one picture."""
    count = face_count(portrait)
    if cropping.face is not None:  # the user knows
        count = replace(count, status="ok", remedy="")
    frame = [count, edges(portrait), face_size(portrait, cropping.scale), brightness(portrait.crop)]
    sharp = [sharpness(portrait.crop)] if len(portrait.crop) >= SIDE else []  # a smaller crop shows none of it
    return [*frame, *sharp, *_read(portrait, model)]


def _read(portrait: Portrait, model: Model) -> list[Finding]:
    reading = readings(model.encode(to_tensor([portrait.crop])), model)
    return [] if reading is None else expression(reading[0])


def readings(vectors: Tensor, model: Model) -> Tensor | None:
    """(n, 7), model.READINGS of driving vectors; None where the weights carry no reading."""
    try:
        return model.read(vectors).float().cpu()
    except WeightsError:
        return None


def advice(
    portraits: Sequence[Portrait], cropping: Cropping, model: Model, *, speech: bool, force: bool
) -> Iterator[str]:
    """Lines for the user about a run's sources; UsageError where they look like different people, but by force.

    speech: the lips will move to it
    """
    likeness = None if force else refuse_strangers(portraits, model)
    for path, found in _by_source(portraits, cropping, model):
        yield from (f"{path}: {one.line}" for one in found if speech or one.name != ONLY_FOR_SPEECH)
    if likeness is not None:
        yield from (one.line for one in warnings([likeness]))


def _by_source(portraits: Sequence[Portrait], cropping: Cropping, model: Model) -> Iterator[tuple[str, list[Finding]]]:
    """Each source's name and what is not well in any of its pictures, one finding of a name."""
    found: dict[str, dict[str, Finding]] = {}
    for portrait in portraits:
        for one in warnings(of_portrait(portrait, cropping, model)):
            found.setdefault(portrait.name, {}).setdefault(one.name, one)
    for name, findings in found.items():
        yield name, list(findings.values())

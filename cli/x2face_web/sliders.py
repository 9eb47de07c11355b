"""Sliders that move a face by hand: one for each number of each installed factor, such as pose, mouth and eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from x2face_core.errors import MissingError, WeightsError
from x2face_plugins.mappings import affine
from x2face_web.controls import nice_step

if TYPE_CHECKING:
    from x2face_core.driving import Factor
    from x2face_plugins.session import Session

REACH = 12.0
"""Length of the offset at a slider's end, in the driving space; 25 degrees of yaw with the packaged weights."""
_STEPS = 50
_SIDES = ("_left", "_right")


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A slider that adds to numbers of a factor; 0 leaves the face as the picture shows it.

    columns: the numbers that it moves, by index: one, or those of left and right together
    reach: its ends are -reach and reach, in `unit`; step: between two of its values
    """

    factor: str
    columns: tuple[int, ...]
    label: str
    unit: str
    reach: float
    step: float


def sliders(session: Session) -> list[Slider]:
    """The sliders of all factors that are fitted for the session's weights, pose first."""
    found = []
    offers = {name: offer.spec for name, offer in session.registry.mappings().items() if offer.spec.factor}
    for name in sorted(offers, key=lambda one: one != "pose"):
        try:
            factor = session.factor(name)
        except (MissingError, WeightsError):
            continue
        spec = offers[name]
        for columns, label in _grouped(spec.labels):
            raw = _reach(factor, columns, len(spec.labels))
            if raw is not None:
                step = nice_step(raw / _STEPS)
                reach = float(f"{round(raw / step) * step:.6g}")
                unit, shown = spec.units[columns[0]], _label(name, label)
                found.append(Slider(factor=name, columns=columns, label=shown, unit=unit, reach=reach, step=step))
    return found


def _label(factor: str, name: str) -> str:
    """The factor and the number, such as pose yaw; eyes for its number eye, mouth open for its number mouth_open."""
    words = name.replace("_", " ")
    if factor.startswith(words):
        return factor
    return words if words.startswith(factor) else f"{factor} {words}"


def _grouped(labels: Sequence[str]) -> list[tuple[tuple[int, ...], str]]:
    """Indices and common name of each number; those that differ in left and right are one group."""
    stems: dict[str, list[int]] = {}
    for column, label in enumerate(labels):
        stem = next((label.removesuffix(side) for side in _SIDES if label.endswith(side)), label)
        stems.setdefault(stem, []).append(column)
    return [(tuple(columns), stem) for stem, columns in stems.items()]


def _reach(factor: Factor, columns: tuple[int, ...], width: int) -> float | None:
    """The value at which the offset is REACH long; None if the numbers move nothing."""
    values = torch.zeros(2, width)
    values[1, list(columns)] = 1.0
    rest, moved = factor.write(values).detach().float().cpu()
    length = float((moved - rest).norm())
    return REACH / length if length > 1e-6 else None


def offset_of(session: Session, vector: Tensor, moved: Mapping[Slider, float]) -> Tensor:
    """The offset (128,) from a face's driving vector that sliders ask for.

    moved: value of each slider; those at 0 do nothing
    """
    offset = torch.zeros_like(vector)
    by_factor: dict[str, list[tuple[Slider, float]]] = {}
    for slider, value in moved.items():
        if value:
            by_factor.setdefault(slider.factor, []).append((slider, value))
    for name, asked in by_factor.items():
        factor = session.factor(name)
        own = factor.read(vector[None])
        change = torch.zeros_like(own)
        for slider, value in asked:
            change[0, list(slider.columns)] += value
        offset += affine.offset_of(factor, own, change)[0].detach().float().cpu()
    return offset

"""Declarations of the mappings `mouth` and `eyes`, without heavy imports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_expression.settings import EYES, EYES_UNITS, MOUTH, MOUTH_UNITS
from x2face_plugins import MappingSpec, hookimpl

if TYPE_CHECKING:
    from x2face_plugins import Mapping

FITTED = Path(__file__).parent / "mappings"
Labels = tuple[str, ...]


def load_mouth() -> Mapping:
    from x2face_expression.mapping import MOUTH_KIND, ExpressionMapping

    return ExpressionMapping(MOUTH_KIND)


def load_eyes() -> Mapping:
    from x2face_expression.mapping import EYES_KIND, ExpressionMapping

    return ExpressionMapping(EYES_KIND)


def demo(folder: Path) -> Path:
    from x2face_expression.demo import write_tracks

    return write_tracks(folder)


def _factor(name: str, summary: str, labels: Labels, units: Labels, load: Callable[[], Mapping]) -> MappingSpec:
    files = tuple(sorted(FITTED.glob(f"{name}-*.safetensors")))
    return MappingSpec(
        name=name, summary=summary, labels=labels, units=units, load=load, files=files, factor=True, demo=demo
    )


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    mouth = "The mouth's opening and width, read from driving vectors and written into them"
    yield _factor("mouth", mouth, MOUTH, MOUTH_UNITS, load_mouth)
    eyes = "Lids and gaze, read from driving vectors and written into them"
    yield _factor("eyes", eyes, EYES, EYES_UNITS, load_eyes)

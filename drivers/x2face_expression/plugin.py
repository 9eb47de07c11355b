"""Declarations of the mappings `mouth` and `eyes`, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2face_expression.settings import EYES, EYES_UNITS, MOUTH, MOUTH_UNITS
from x2face_plugins import MappingSpec, hookimpl

if TYPE_CHECKING:
    from x2face_plugins import Mapping

FITTED = Path(__file__).parent / "mappings"


def load_mouth() -> Mapping:
    from x2face_expression.mapping import MOUTH_KIND, ExpressionMapping

    return ExpressionMapping(MOUTH_KIND)


def load_eyes() -> Mapping:
    from x2face_expression.mapping import EYES_KIND, ExpressionMapping

    return ExpressionMapping(EYES_KIND)


def demo(folder: Path) -> Path:
    from x2face_expression.demo import write_tracks

    return write_tracks(folder)


@hookimpl
def x2face_mappings() -> Iterator[MappingSpec]:
    yield MappingSpec(
        name="mouth",
        summary="The mouth's opening and width, read from driving vectors and written into them",
        labels=MOUTH,
        units=MOUTH_UNITS,
        load=load_mouth,
        files=tuple(sorted(FITTED.glob("mouth-*.safetensors"))),
        factor=True,
        demo=demo,
    )
    yield MappingSpec(
        name="eyes",
        summary="Lids and gaze, read from driving vectors and written into them",
        labels=EYES,
        units=EYES_UNITS,
        load=load_eyes,
        files=tuple(sorted(FITTED.glob("eyes-*.safetensors"))),
        factor=True,
        demo=demo,
    )

"""The options that say whose face it is and how it is cropped, for every command that takes sources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from x2face_cli.options import FiniteRange

if TYPE_CHECKING:
    from x2face_core.sources.portraits import Cropping


def source_options() -> list[click.Option]:
    option = partial(click.Option, show_default=True)
    return [
        option(["-s", "--source", "sources"], multiple=True, required=True, metavar="PICTURE|FILM|FOLDER",
               help="The face to be driven; again for more pictures of it."),
        option(["--source-frames"], type=click.IntRange(1, 48), default=3,
               help="Pictures taken of a film or a folder as source: those that differ most."),
        option(["--crop"], default="auto", metavar="auto|none|X,Y,W,H", help="Where the source's face is."),
        option(["--crop-scale"], type=FiniteRange(0.5, 10), default=1.6, help="Side of the crop, in faces."),
        option(["--fusion"], type=click.Choice(["auto", "mean", "confidence", "confidence-exp"]), default="auto",
               help="How several sources become one face; auto: as the weights say."),
        option(["--size"], type=click.IntRange(32, 2048), default=256, help="Side of the face in pixels."),
    ]  # fmt: skip


def cropping(given: Mapping[str, Any]) -> Cropping:
    from x2face_core.sources.portraits import Cropping

    return Cropping(given["crop"], given["crop_scale"], given["size"])

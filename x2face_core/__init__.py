"""Networks and driving space of x2face: a face in a picture, driven by vectors of 128 numbers.

>>> from x2face_core import X2Face
>>> model = X2Face.load()                               # the packaged weights, on the CPU or the GPU
>>> face = model.embed(pictures)                        # (k, 3, H, W) float32 in [0, 1], crops of one person
>>> frames = model.render(face, model.encode(driving))  # (n, 3, H, W) to (n, 3, H, W)

Names are imported when they are first used, so importing this package does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from x2face_core.driving import Chunk, Driver, EmbeddedFace, Factor, Mapping, Overlay, Source
    from x2face_core.errors import (
        InputError,
        MissingError,
        NoFaceError,
        PluginError,
        UsageError,
        WeightsError,
        X2FaceError,
    )
    from x2face_core.model import X2Face
    from x2face_core.networks.dims import Dims
    from x2face_core.rendering.pipeline import Animation, Frame, animate, animate_source
    from x2face_core.streaming.active import ActiveDriver, ActiveOverlay
    from x2face_core.streaming.shaping import Shaping
    from x2face_core.weights import WeightsInfo, list_weights

__all__ = [
    "ActiveDriver",
    "ActiveOverlay",
    "Animation",
    "Chunk",
    "Dims",
    "Driver",
    "EmbeddedFace",
    "Factor",
    "Frame",
    "InputError",
    "Mapping",
    "MissingError",
    "NoFaceError",
    "Overlay",
    "PluginError",
    "Shaping",
    "Source",
    "UsageError",
    "WeightsError",
    "WeightsInfo",
    "X2Face",
    "X2FaceError",
    "animate",
    "animate_source",
    "list_weights",
]

_HOMES = {
    "driving": ("Chunk", "Driver", "EmbeddedFace", "Factor", "Mapping", "Overlay", "Source"),
    "errors": (
        "InputError",
        "MissingError",
        "NoFaceError",
        "PluginError",
        "UsageError",
        "WeightsError",
        "X2FaceError",
    ),
    "model": ("X2Face",),
    "networks.dims": ("Dims",),
    "rendering.pipeline": ("Animation", "Frame", "animate", "animate_source"),
    "streaming.active": ("ActiveDriver", "ActiveOverlay"),
    "streaming.shaping": ("Shaping",),
    "weights": ("WeightsInfo", "list_weights"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""The API for plugin authors: data types, interfaces, specs, hooks and settings.

x2face_plugins.media reads pictures, films, sound and cameras as x2face itself does.
"""

from __future__ import annotations

from x2face_core.bounds import LONGEST
from x2face_core.driving import Chunk, Driver, EmbeddedFace, Factor, FilmEncoder, Mapping, Overlay, Source
from x2face_core.errors import InputError, MissingError, NoFaceError, UsageError, WeightsError, X2FaceError
from x2face_plugins.hookspecs import hookimpl
from x2face_plugins.settings import option
from x2face_plugins.specs import DriverSpec, MappingSpec, OverlaySpec

__all__ = [
    "LONGEST",
    "Chunk",
    "Driver",
    "DriverSpec",
    "EmbeddedFace",
    "Factor",
    "FilmEncoder",
    "InputError",
    "Mapping",
    "MappingSpec",
    "MissingError",
    "NoFaceError",
    "Overlay",
    "OverlaySpec",
    "Source",
    "UsageError",
    "WeightsError",
    "X2FaceError",
    "hookimpl",
    "option",
]

"""All that a plugin's author needs: what to yield, what to be given, and how to say what a plugin brings."""

from __future__ import annotations

from x2face_core.driving import Chunk, EmbeddedFace, Factor, FilmEncoder, Mapping, Source
from x2face_core.errors import InputError, MissingError
from x2face_plugins.hookspecs import hookimpl
from x2face_plugins.settings import option
from x2face_plugins.specs import DriverSpec, MappingSpec, OverlaySpec

__all__ = [
    "Chunk",
    "DriverSpec",
    "EmbeddedFace",
    "Factor",
    "FilmEncoder",
    "InputError",
    "Mapping",
    "MappingSpec",
    "MissingError",
    "OverlaySpec",
    "Source",
    "hookimpl",
    "option",
]

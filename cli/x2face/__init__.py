"""Drive any face with any modality.

>>> import x2face
>>> x2face.run("photo.jpg", audio="speech.wav", output="out.mp4")   # the command line's words as keywords
>>> session = x2face.Session.load()                                  # weights, plugins and fitted mappings, once
>>> face = session.face("photo.jpg")
>>> for frame in session.animate(face, session.driver("audio", input="speech.wav")): ...

docs/python.md shows all of it. Importing this package imports neither torch nor click.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from x2face_core.errors import (
        InputError,
        MissingError,
        NoFaceError,
        PluginError,
        UsageError,
        WeightsError,
        X2FaceError,
    )
    from x2face_plugins.faces import Face, Film
    from x2face_plugins.filming import run
    from x2face_plugins.session import Session

__all__ = [
    "Face",
    "Film",
    "InputError",
    "MissingError",
    "NoFaceError",
    "PluginError",
    "Session",
    "UsageError",
    "WeightsError",
    "X2FaceError",
    "run",
]

_HOMES = {
    "x2face_plugins.faces": ("Face", "Film"),
    "x2face_plugins.filming": ("run",),
    "x2face_plugins.session": ("Session",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF.get(name, "x2face_core.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

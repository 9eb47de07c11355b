"""Calling code that others wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from x2face_core.errors import PluginError, X2FaceError

T = TypeVar("T")


@dataclass(frozen=True)
class Owner:
    """Whose code is called; as text it names the culprit in an error, such as driver 'nod' of acme 1.0.

    role: driver, overlay, mapping or command
    dist, version: the distribution that brings it; empty where nobody installed it
    """

    role: str
    name: str
    dist: str = ""
    version: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.role, repr(self.name), f"of {self.dist}" * bool(self.dist), self.version)))


def call_foreign(owner: Owner, call: Callable[[], T]) -> T:
    """What a plugin's code answers; its bugs become one PluginError that names the owner.

    An X2FaceError that the plugin raises itself passes as it is.
    """
    try:
        return call()
    except X2FaceError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(f"The {owner} failed: {type(error).__name__}: {error}") from error

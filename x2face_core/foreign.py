"""Calling code that others wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from x2face_core.errors import PluginError, X2FaceError

T = TypeVar("T")


def call_foreign(owner: str, call: Callable[[], T]) -> T:
    """What a plugin's code answers; its bugs become one PluginError that names the owner, such as driver 'nod' of acme.

    An X2FaceError that the plugin raises itself passes as it is.
    """
    try:
        return call()
    except X2FaceError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(f"The {owner} failed: {type(error).__name__}: {error}") from error

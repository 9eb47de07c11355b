"""Errors that the user can fix. The message says which value is wrong, why, and what would help."""

from __future__ import annotations


class X2FaceError(Exception):
    """Base class: an error that is not a bug, shown to the user as one line."""

    exit_code = 1


class UsageError(X2FaceError):
    """Invalid or conflicting options, or an output that cannot be written."""

    exit_code = 2


class InputError(X2FaceError):
    """An input is missing, unreadable or of the wrong format."""

    exit_code = 3


class MissingError(InputError):
    """Something that an optional dependency, a system package or another command provides is missing."""


class NoFaceError(X2FaceError):
    """No face was found where one is needed."""

    exit_code = 4


class WeightsError(X2FaceError):
    """Weights or mappings are missing, broken or belong to another driving space."""

    exit_code = 5


class PluginError(X2FaceError):
    """A plugin failed or violated its interface."""

    exit_code = 6

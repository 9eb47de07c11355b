"""What may go wrong that the user can mend. The text is for the user: which value, why, what would do."""

from __future__ import annotations


class X2FaceError(Exception):
    """Anything that is not a bug of ours; shown as one line."""

    exit_code = 1


class UsageError(X2FaceError):
    """Options that do not go together, or an output that is in the way."""

    exit_code = 2


class InputError(X2FaceError):
    """An input is missing, unreadable or not what its name says."""

    exit_code = 3


class MissingError(InputError):
    """Something that an extra, a system package or another command provides is not there."""


class NoFaceError(X2FaceError):
    """No face was found where one is needed."""

    exit_code = 4


class WeightsError(X2FaceError):
    """Weights or mappings are missing, broken or belong to another driving space."""

    exit_code = 5


class PluginError(X2FaceError):
    """A driver failed or broke its promises."""

    exit_code = 6

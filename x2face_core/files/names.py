"""Validation of names that are read from files and become parts of paths, against path traversal."""

from __future__ import annotations

import re

from x2face_core.errors import PluginError, WeightsError

_SPACE = re.compile(r"[0-9a-f]{16}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")  # PEP 508, of limited length


def is_space(text: object) -> bool:
    """Whether it has the form of a driving space's fingerprint: 16 hexadecimal digits."""
    return isinstance(text, str) and bool(_SPACE.fullmatch(text))


def is_sha256(text: object) -> bool:
    """Whether it is a sha256 in 64 lower-case hexadecimal digits."""
    return isinstance(text, str) and bool(_SHA256.fullmatch(text))


def is_dist(text: object) -> bool:
    """Whether it is a valid distribution name."""
    return isinstance(text, str) and bool(_DIST.fullmatch(text))


def checked_space(text: str) -> str:
    """The fingerprint; WeightsError if it is not valid."""
    if not is_space(text):
        raise WeightsError(f"{text!r:.80} is no fingerprint of a driving space; 16 hexadecimal digits are needed.")
    return text


def checked_dist(text: str) -> str:
    """The distribution name; PluginError if it is not valid."""
    if not is_dist(text):
        raise PluginError(f"{text!r:.80} is no name of a distribution; letters, digits, '.', '-' and '_' are.")
    return text

"""The certificate and key that options name, with which films and pictures are signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from x2face_core.errors import UsageError

if TYPE_CHECKING:
    from x2face_core.rendering.credentials import Credentials


def refuse_half(certificate: Path | None, key: Path | None) -> None:
    """UsageError for a certificate without its key, or a key without its certificate."""
    if (certificate is None) != (key is None):
        missing = "--c2pa-key" if key is None else "--c2pa-certificate"
        raise UsageError(f"what is made is signed by a certificate and its key; give {missing} too.")


def tried_credentials(certificate: Path | None, key: Path | None) -> Credentials | None:
    """What is signed with, tried out; None if nothing is to be signed.

    UsageError if one of the two is missing; InputError if they cannot sign; MissingError without the extra c2pa.
    """
    refuse_half(certificate, key)
    if certificate is None or key is None:
        return None
    from x2face_core.rendering.credentials import read_credentials
    from x2face_core.rendering.signing import try_out

    read = read_credentials(certificate, key)
    try_out(read, certificate)
    return read

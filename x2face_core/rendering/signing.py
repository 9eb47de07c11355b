"""Signed C2PA manifests (Content Credentials) in films and pictures, by c2pa-python; nothing is asked of the network.

C2PA specification 2.2: https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from x2face_core.errors import InputError, MissingError, UsageError
from x2face_core.files.faults import reason, writing
from x2face_core.rendering.credentials import Credentials
from x2face_core.rendering.provenance import Provenance

KINDS = {".mp4": "video/mp4", ".gif": "image/gif", ".png": "image/png"}
"""Media types of outputs that can hold a manifest, by suffix; Matroska and WebM have no place for one."""
LABEL = "x2face.provenance"
"""Label of the assertion with weights, drivers and hashes of inputs."""

_SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}, "auto_timestamp_assertion": {"enabled": False}},
}
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
"""A png of one pixel, which certificates are tried on."""
_GOOD = ("Valid", "Trusted")


def signed_with(credentials: Credentials, provenance: Provenance) -> Callable[[Path], None]:
    """A function that signs a complete file in its place, as `write_film` and `write_folder` take it."""
    definition = manifest_definition(provenance)
    return lambda path: sign_file(path, credentials, definition)


def manifest_definition(provenance: Provenance) -> dict[str, Any]:
    """The content of a manifest: one action, c2pa.created, with IPTC's digital source type; and the film's origin.

    Names of files are not in it, as in the film's other metadata.
    """
    agent = {"name": "x2face", "version": provenance.version}
    created = {
        "action": "c2pa.created",
        "digitalSourceType": provenance.source_type,
        "softwareAgent": agent,
        "description": provenance.statement,
    }
    name, fingerprint = provenance.weights
    origin = {
        "weights": {"name": name, "fingerprint": fingerprint},
        "drivers": [{"name": one, "dist": dist, "version": version} for one, dist, version in provenance.drivers],
        "inputs": [{"role": one.role, "sha256": one.sha256} for one in provenance.inputs],
    }
    return {
        "claim_generator_info": [agent],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": LABEL, "data": origin},
        ],
    }


def sign_file(path: Path, credentials: Credentials, definition: dict[str, Any]) -> None:
    """Put a signed manifest into a .mp4, .gif or .png, and read it back. UsageError if that fails; the file stays."""
    kind = KINDS[path.suffix.lower()]
    signed = path.with_name(f"{path.name}.signed")
    with writing(path.name), path.open("rb") as plain, signed.open("w+b") as made:
        try:
            _sign(credentials, definition, kind, plain, made)
            _check(kind, made)
        except (_fault(), ValueError) as error:
            raise UsageError(f"{path.name}: cannot be signed ({reason(error)}).") from None
    with writing(path.name):
        signed.replace(path)


def try_out(credentials: Credentials, certificate: Path) -> None:
    """Sign a picture of one pixel, so that what is wrong shows before a film is made. InputError if it fails.

    certificate: file that the credentials are from, for the message
    """
    made = BytesIO()
    try:
        _sign(credentials, manifest_definition(Provenance(weights=("", ""))), KINDS[".png"], BytesIO(_PIXEL), made)
        _check(KINDS[".png"], made)
    except (_fault(), ValueError) as error:
        raise InputError(
            f"{certificate}: cannot sign ({reason(error)}); C2PA asks for a certificate with the key usage "
            "digitalSignature and the extended key usage emailProtection or documentSigning."
        ) from None


def library() -> Any:
    """The module c2pa. MissingError if it is not installed."""
    try:
        import c2pa
    except ImportError as error:
        raise MissingError(f"signing needs c2pa-python ({error}); pip install 'x2face[c2pa]'.") from None
    return c2pa


def _fault() -> type[Exception]:
    error: type[Exception] = library().C2paError
    return error


def _sign(credentials: Credentials, definition: dict[str, Any], kind: str, plain: BinaryIO, made: BinaryIO) -> None:
    c2pa = library()
    info = c2pa.C2paSignerInfo(credentials.algorithm, credentials.chain, credentials.key, None)  # no time-stamp server
    with (
        c2pa.Context.from_dict(_SETTINGS) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(definition, context=context) as builder,
    ):
        builder.sign(signer, kind, plain, made)


def _check(kind: str, made: BinaryIO) -> None:
    """ValueError unless the manifest in a file holds."""
    state, faults = validity(kind, made)
    if state not in _GOOD:
        raise ValueError(f"what was written does not verify: {', '.join(faults) or state}")


def validity(kind: str, file: BinaryIO) -> tuple[str, list[str]]:
    """The state of a file's active manifest, Valid, Trusted or Invalid, and the codes of what failed.

    Valid: signature and hashes hold; Trusted: the certificate is also from one of the library's list, which is empty
    here. C2paError if the file has no manifest.
    """
    c2pa = library()
    file.seek(0)
    with c2pa.Context.from_dict(_SETTINGS) as context, c2pa.Reader(kind, file, context=context) as reader:
        store = json.loads(reader.json())
    return str(store["validation_state"]), [str(one["code"]) for one in store.get("validation_status", ())]

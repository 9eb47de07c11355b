"""A certificate and its private key, with which films are signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2face_core.errors import InputError, MissingError
from x2face_core.files.faults import reading
from x2face_core.files.placing import readable_file

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_LARGEST = 1_000_000  # bytes of a file with certificates
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_LEAST_RSA = 2048  # bits


@dataclass(frozen=True)
class Credentials:
    """What a signature is made with.

    chain: certificates in PEM, the signer's first; key: its private key, PKCS#8 in PEM without a password
    algorithm: C2PA's name of it, such as es256; holder: the common name in the signer's certificate
    """

    chain: bytes
    key: bytes = field(repr=False)
    algorithm: str
    holder: str


def read_credentials(certificate: Path, key: Path) -> Credentials:
    """Read a chain of certificates and a private key in PEM, in any order and form of them that OpenSSL writes.

    InputError if one cannot be read, if they do not belong together, or if the certificate is not valid today;
    MissingError without the extra c2pa.
    """
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        raise MissingError(f"signing needs c2pa-python ({error}); pip install 'x2face[c2pa]'.") from None
    private = _private_key(key)
    try:
        chain = x509.load_pem_x509_certificates(_content(certificate))
    except ValueError:
        raise InputError(f"{certificate}: holds no certificate in PEM; choose the file of your certificate.") from None
    signers = [one for one in chain if one.public_key() == private.public_key()]
    if not signers:
        raise InputError(
            f"{key}: is not the key of the certificate in {certificate}; choose the one that goes with it."
        )
    _check_dates(certificate, signers[0])
    ordered = [signers[0], *(one for one in chain if one not in signers)]
    pkcs8 = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in ordered)
    return Credentials(pem, pkcs8, _algorithm(key, private), _common_name(signers[0]))


def _content(path: Path) -> bytes:
    target = readable_file(path)
    with reading(path):
        if target.stat().st_size > _LARGEST:
            raise InputError(f"{path}: is too large for a certificate or a key; choose a file in PEM.")
        return target.read_bytes()


def _private_key(path: Path) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(_content(path), password=None)
    except TypeError:
        raise InputError(
            f"{path}: is protected by a password; `openssl pkcs8 -topk8 -nocrypt -in {path} -out key.pem` writes it "
            "without one."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(f"{path}: holds no private key in PEM; choose the file of your key.") from None


def _check_dates(path: Path, certificate: Certificate) -> None:
    today, begins, ends = datetime.now(UTC), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= today <= ends:
        raise InputError(
            f"{path}: is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, and not today; choose another certificate."
        )


def _algorithm(path: Path, key: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA:
        return "ps256"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise InputError(
        f"{path}: is a key that C2PA does not sign with; it takes the curves P-256, P-384 and P-521, Ed25519, and RSA "
        f"of {_LEAST_RSA} bits or more."
    )


def _common_name(certificate: Certificate) -> str:
    from cryptography.x509.oid import NameOID

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()

"""Self-made certificates for tests of signing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HOLDER = "Ann Example"


def new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def write_credentials(
    folder: Path, key: Any = None, *, days: tuple[int, int] = (-1, 30), may_sign: bool = True, password: bytes = b""
) -> tuple[Path, Path]:
    """Write chain.pem (the authority's certificate first, then the signer's) and key.pem; returns their paths.

    days: from today, between which the signer's certificate is valid; may_sign: it says that it is for signing
    """
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key, authority = key or new_key(), new_key()
    signer = _certificate(HOLDER, key.public_key(), authority, days, leaf=True, may_sign=may_sign)
    root = _certificate("Test authority", authority.public_key(), authority, (-1, 30), leaf=False, may_sign=False)
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(root.public_bytes(Encoding.PEM) + signer.public_bytes(Encoding.PEM))
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    return chain, private


def _certificate(name: str, public: Any, authority: Any, days: tuple[int, int], *, leaf: bool, may_sign: bool) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def called(text: str) -> x509.Name:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests")
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text), organisation])

    begins, ends = (datetime.now(UTC) + timedelta(days=day) for day in days)
    made = (
        x509.CertificateBuilder(called("Test authority"), called(name), public, x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(not leaf, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .add_extension(x509.KeyUsage(leaf, False, False, False, False, not leaf, not leaf, False, False), critical=True)
    )
    if may_sign:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return made.sign(authority, SHA256())

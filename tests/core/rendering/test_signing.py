"""C2PA manifests in films and pictures, signed with self-made certificates."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import HOLDER, new_key, write_credentials
from tests.films import drawn
from x2face_core.errors import InputError, UsageError
from x2face_core.media.video import read_frames
from x2face_core.media.writing import write_film, write_folder
from x2face_core.rendering.credentials import Credentials, read_credentials
from x2face_core.rendering.provenance import COMPOSITE, GENERATED, InputHash, Provenance
from x2face_core.rendering.signing import KINDS, LABEL, manifest_definition, signed_with, try_out, validity

c2pa = pytest.importorskip("c2pa", reason="needs the extra c2pa")

ORIGIN = Provenance(
    weights=("tiny", "0" * 16), inputs=[InputHash("source", "ab" * 32)], drivers=[("pose", "x2face", "1")], version="9"
)


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return read_credentials(*write_credentials(tmp_path))


def active_manifest(path: Path) -> dict[str, Any]:
    with path.open("rb") as file, c2pa.Reader(KINDS[path.suffix], file) as reader:
        store = json.loads(reader.json())
    manifest: dict[str, Any] = store["manifests"][store["active_manifest"]]
    return manifest


@pytest.mark.parametrize("name", ["film.mp4", "film.gif"])
def test_a_film_holds_a_manifest_that_verifies_and_says_what_it_is(
    name: str, tmp_path: Path, credentials: Credentials
) -> None:
    film = tmp_path / name
    frames = [drawn(k) for k in range(4)]
    write_film(film, frames, 20, metadata=ORIGIN.metadata(), seal=signed_with(credentials, ORIGIN))
    with film.open("rb") as file:
        assert validity(KINDS[film.suffix], file) == ("Valid", ["signingCredential.untrusted"])
    manifest = active_manifest(film)
    assert manifest["signature_info"]["common_name"] == HOLDER
    assert manifest["claim_generator_info"][0]["name"] == "x2face"
    said = {one["label"]: one["data"] for one in manifest["assertions"]}
    (action,) = said["c2pa.actions.v2"]["actions"]
    assert (action["action"], action["digitalSourceType"]) == ("c2pa.created", GENERATED)
    assert said[LABEL]["inputs"] == [{"role": "source", "sha256": "ab" * 32}]
    assert len(list(read_frames(film))) == 4
    assert GENERATED.encode() in film.read_bytes(), "its other metadata stays"
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["chain.pem", "key.pem", name])


def test_a_signed_film_that_was_changed_does_not_verify(tmp_path: Path, credentials: Credentials) -> None:
    film = tmp_path / "film.mp4"
    write_film(film, [drawn(k) for k in range(4)], 20, seal=signed_with(credentials, ORIGIN))
    content = bytearray(film.read_bytes())
    content[content.rindex(b"mdat") + 40] ^= 1
    film.write_bytes(content)
    with film.open("rb") as file:
        state, faults = validity("video/mp4", file)
    assert state == "Invalid"
    assert "assertion.bmffHash.mismatch" in faults


def test_each_picture_of_a_folder_is_signed(tmp_path: Path, credentials: Credentials) -> None:
    folder = tmp_path / "frames"
    write_folder(folder, [drawn(0), drawn(1)], seal=signed_with(credentials, ORIGIN))
    assert sorted(one.name for one in folder.iterdir()) == ["000000.png", "000001.png"]
    for one in folder.iterdir():
        with one.open("rb") as file:
            assert validity("image/png", file)[0] == "Valid"


def test_a_film_that_cannot_be_signed_is_not_left_behind(tmp_path: Path, credentials: Credentials) -> None:
    other = Credentials(credentials.chain, b"no key", "es256", HOLDER)
    film = tmp_path / "film.mp4"
    with pytest.raises(UsageError, match=r"^film.mp4: cannot be signed \("):
        write_film(film, [drawn(0)], 20, seal=signed_with(other, ORIGIN))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["chain.pem", "key.pem"]


def test_a_face_in_a_photograph_is_a_composite() -> None:
    composite = Provenance(weights=("tiny", "0"), composite=True)
    (actions, _) = manifest_definition(composite)["assertions"]
    assert actions["data"]["actions"][0]["digitalSourceType"] == COMPOSITE


def test_keys_of_all_kinds_sign(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    keys = {
        "es256": new_key(),
        "es384": ec.generate_private_key(ec.SECP384R1()),
        "es512": ec.generate_private_key(ec.SECP521R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
        "ps256": rsa.generate_private_key(65537, 2048),
    }
    for algorithm, key in keys.items():
        chain, private = write_credentials(tmp_path, key)
        read = read_credentials(chain, private)
        assert (read.algorithm, read.holder) == (algorithm, HOLDER)
        try_out(read, chain)


def test_what_cannot_sign_is_refused_in_a_sentence(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    chain, key = write_credentials(tmp_path)
    other = shutil.copy(key, tmp_path / "other.pem")
    cases = [
        ({}, (key, key), "key.pem: holds no certificate in PEM"),
        ({}, (chain, chain), "chain.pem: holds no private key in PEM"),
        ({}, (chain, Path(other)), "other.pem: is not the key of the certificate in"),
        ({}, (chain, tmp_path / "none.pem"), "none.pem: there is no such file"),
        ({"days": (-9, -2)}, (chain, key), "and not today; choose another certificate"),
        ({"password": b"secret"}, (chain, key), "is protected by a password; `openssl pkcs8"),
        ({"key": ec.generate_private_key(ec.SECP256K1())}, (chain, key), "is a key that C2PA does not sign with"),
    ]
    for given, files, said in cases:
        write_credentials(tmp_path, **given)
        with pytest.raises(InputError, match=said):
            read_credentials(*files)


def test_a_certificate_for_another_use_is_refused_before_a_film_is_made(tmp_path: Path) -> None:
    chain, key = write_credentials(tmp_path, may_sign=False)
    with pytest.raises(InputError, match=r"chain.pem: cannot sign \(.*C2PA asks for a certificate with"):
        try_out(read_credentials(chain, key), chain)

"""`--c2pa-certificate` of `x2face run` and `x2face embed`, with tiny untrained networks and self-made certificates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.certificates import HOLDER, write_credentials
from tests.films import drawn
from x2face_cli.app import main
from x2face_core.media.images import read_picture, write_picture
from x2face_core.media.writing import write_film
from x2face_core.rendering.signing import validity

pytest.importorskip("c2pa", reason="needs the extra c2pa")

SIGNED = ("--c2pa-certificate", "chain.pem", "--c2pa-key", "key.pem")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("x2face_plugins.session.load_model", lambda *given: tiny_model)
    write_picture("source.png", drawn(4))
    write_film("film.mp4", (drawn(k) for k in range(3)), 20)
    write_credentials(tmp_path)
    return tmp_path


def run(*args: str) -> int:
    return main(["run", "-s", "source.png", "--crop", "none", "--frame", "film.mp4", "--frame-crop", "none",
                 "--size", "64", *args])  # fmt: skip


def told_by(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    return line


def test_a_run_signs_its_film_and_says_by_whom(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-o", "out.mp4", *SIGNED) == 0
    assert f"signed by {HOLDER} (C2PA)" in capsys.readouterr().err
    with Path("out.mp4").open("rb") as film:
        assert validity("video/mp4", film)[0] == "Valid"
    assert run("-o", "frames/", "--json", *SIGNED) == 0
    assert json.loads(capsys.readouterr().out)["signed_by"] == HOLDER
    with Path("frames/000002.png").open("rb") as picture:
        assert validity("image/png", picture)[0] == "Valid"


def test_a_rerun_of_a_signed_film_gives_the_same_frames_and_knows_no_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-o", "out.mp4", "--manifest", *SIGNED) == 0
    assert not {"key.pem", "chain.pem"} & {word.strip('" ,') for word in Path("out.mp4.json").read_text().split()}
    assert main(["rerun", "out.mp4.json", "--json"]) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (report["same"], report["signed_by"]) == (True, None)


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (("-o", "out.mp4", "--c2pa-key", "key.pem"), 2, "by a certificate and its key; give --c2pa-certificate too."),
        (("-o", "out.mp4", "--c2pa-certificate", "chain.pem"), 2, "give --c2pa-key too."),
        (("-o", "out.webm", *SIGNED), 2, "out.webm: WebM has no place for a C2PA manifest; choose .mp4"),
        (("-o", "out.mp4", "--c2pa-certificate", "no.pem", "--c2pa-key", "key.pem"), 3, "no.pem: there is no such"),
        (("-o", "out.mp4", "--c2pa-certificate", "key.pem", "--c2pa-key", "chain.pem"), 3, "holds no private key"),
    ],
)
def test_what_cannot_be_signed_is_refused_in_a_line(
    given: tuple[str, ...], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*given) == status
    assert said in told_by(capsys)
    assert sorted(one.name for one in Path().iterdir()) == ["chain.pem", "film.mp4", "key.pem", "source.png"]


def embed(*args: str) -> int:
    return main(["embed", "-s", "source.png", "--crop", "none", "--size", "64", *args])


def test_an_embedded_face_is_signed_and_can_still_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert embed("-o", "face.png", *SIGNED) == 0
    told = capsys.readouterr()
    assert told.out == "face.png\n" and f"signed by {HOLDER} (C2PA)" in told.err
    with Path("face.png").open("rb") as picture:
        assert validity("image/png", picture)[0] == "Valid"
    assert embed("-o", "plain.png") == 0
    assert b"c2pa" not in Path("plain.png").read_bytes()
    assert run("--embedded", "face.png", "-o", "signed/") == run("--embedded", "plain.png", "-o", "plain/") == 0
    signed, plain = (read_picture(f"{folder}/000001.png") for folder in ("signed", "plain"))
    assert np.array_equal(signed, plain)


def test_an_embedded_face_that_cannot_be_signed_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert embed("-o", "face.png", "--c2pa-certificate", "chain.pem") == 2
    assert "signed by a certificate and its key; give --c2pa-key too." in told_by(capsys)
    assert embed("-o", "face.png", "--c2pa-certificate", "key.pem", "--c2pa-key", "key.pem") == 3
    assert "key.pem: holds no certificate in PEM" in told_by(capsys)
    write_credentials(Path(), may_sign=False)
    assert embed("-o", "face.png", *SIGNED) == 3
    assert "chain.pem: cannot sign (" in told_by(capsys)
    assert not Path("face.png").exists()

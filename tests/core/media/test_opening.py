"""Which files are opened, and as what: never a program, a list of other files or an address."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from x2face_core.errors import InputError
from x2face_core.media.images import picture_in, read_picture
from x2face_core.media.kinds import FORMATS
from x2face_core.media.opening import opened
from x2face_core.media.sound import read_sound
from x2face_core.media.video import is_film, probe, read_frames
from x2face_core.media.writing import write_film

Maker = Callable[..., Path]
ROOT = Path(__file__).parents[3]
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 32 32\n%%EndComments\n0 0 32 32 rectfill\nshowpage\n%%EOF\n"


def _opens(call: ast.AST) -> str | None:
    """`av.open` or `Image.open`, where that is what is called, the latter without a list of formats."""
    name = ast.unparse(call.func) if isinstance(call, ast.Call) else None
    listed = isinstance(call, ast.Call) and any(word.arg == "formats" for word in call.keywords)
    return name if name == "av.open" or (name == "Image.open" and not listed) else None


def test_films_and_pictures_are_opened_in_one_place_each() -> None:
    rooms = ("x2face_core", "drivers", "cli", "plugins/x2face_plugins", "plugins/x2face_testkit", "plugins/template")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py") if "tests" not in file.parts]
    found = {file for file in files if any(_opens(node) for node in ast.walk(ast.parse(file.read_text())))}
    assert {file.name for file in found} == {"opening.py", "camera.py"}  # a camera is no file


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.eps"])
def test_postscript_is_refused_and_starts_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "gs").write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\n")
    (tmp_path / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / name).write_bytes(_EPS)
    with pytest.raises(InputError, match="PostScript"):
        read_picture(tmp_path / name)
    with pytest.raises(InputError, match="no picture"), picture_in(_EPS, name):
        pass
    assert not is_film(tmp_path / name)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%PDF-1.7\n" + b"0" * 99, "PDF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 40, "JPEG XL"),
        (b"\xff\x0a" + b"\0" * 40, "JPEG XL"),
    ],
)
def test_what_is_not_read_is_called_by_its_name(tmp_path: Path, content: bytes, word: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(InputError, match=word):
        read_picture(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", [".jfif", ".avif", ".jp2", ".tga", ".ico", ".ppm", ".qoi"])
def test_uncommon_formats_are_read_where_pillow_does(tmp_path: Path, suffix: str) -> None:
    if suffix not in Image.registered_extensions():
        pytest.skip(f"this Pillow writes no {suffix}")
    Image.new("RGB", (32, 32), (200, 30, 30)).save(tmp_path / f"a{suffix}")
    red, green, blue = read_picture(tmp_path / f"a{suffix}")[16, 16].tolist()
    assert red > 180 and max(green, blue) < 60


def test_no_format_that_calls_for_another_program_is_in_the_list() -> None:
    assert not {"EPS", "PDF", "WMF", "IPTC", "MPEG", "HDF5", "GRIB", "BUFR"} & set(FORMATS)


@pytest.mark.parametrize("name", ["take: 1/o.mp4", "http:/127.0.0.1/o.mp4", "concat:o|p.mp4", "subfile,,start,0:o.mp4"])
def test_names_that_look_like_addresses_are_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_film: Maker, greys: Any, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    make_film().rename(name)
    assert probe(name).frames == 25
    assert len(list(read_frames(name))) == 25
    for suffix in (".mp4", ".webm", ".gif"):
        other = f"{name[:-4]}{suffix}"
        assert write_film(other, greys(3), 25) == 3
        assert len(list(read_frames(other))) == 3


@pytest.mark.parametrize(
    "content",
    [
        "ffconcat version 1.0\nfile 'real.mp4'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nreal.mp4\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        ";FFMETADATA1\ntitle=x\n",
        "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><Period/></MPD>",
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a.wav"])
def test_lists_of_other_files_are_no_films(tmp_path: Path, make_film: Maker, content: str, name: str) -> None:
    make_film("real.mp4")
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=name), opened(tmp_path / name):
        pass
    with pytest.raises(InputError, match=name):
        read_sound(tmp_path / name)


def test_a_heic_picture_is_read_where_pillow_heif_is_installed(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), (200, 30, 30))).save(tmp_path / "a.heic")
    picture = read_picture(tmp_path / "a.heic")
    assert picture.shape == (48, 64, 3)
    assert picture[24, 32, 0] > 180 > 60 > picture[24, 32, 1]

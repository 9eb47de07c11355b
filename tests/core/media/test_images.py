from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from x2face_core.errors import InputError, UsageError
from x2face_core.media.images import read_picture, write_picture


def _png_header(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 90, (90, 90, 90)),
        ("1", 1, (255, 255, 255)),
        ("LA", (90, 255), (90, 90, 90)),
        ("RGBA", (255, 0, 0, 255), (255, 0, 0)),
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("I;16", 257 * 90, (90, 90, 90)),
        ("P", 0, (10, 20, 30)),
    ],
)
def test_a_png_of_any_mode_reads_as_rgb(tmp_path: Path, mode: str, colour: int, expected: tuple[int, ...]) -> None:
    image = Image.new(mode, (5, 3), colour)
    if mode == "P":
        image.putpalette([10, 20, 30])
    image.save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    assert picture.dtype == np.uint8
    assert picture.shape == (3, 5, 3)
    assert tuple(picture[1, 1]) == expected


def test_a_cmyk_jpeg_reads_as_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    assert read_picture(tmp_path / "a.jpg")[8, 8, 0] > 200 > 60 > read_picture(tmp_path / "a.jpg")[8, 8, 1]


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 20), "black")
    image.paste("white", (0, 0, 10, 10))  # left above as stored
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.shape == (40, 20, 3)
    assert picture[4, 15, 0] > 200
    assert picture[4, 4, 0] < 50


def _exif(orientation: tuple[int, int, bytes], more: int = 0, offset: int = 8) -> bytes:
    """EXIF with an orientation of any type (number, count, value of 4 bytes or more) and so many other tags."""
    entries = [(0x0112, *orientation), *((0x9000 + k, 7 + k % 6, 1 + k % 3, b"zzzz") for k in range(more))]
    at, tags, data = offset + 2 + 12 * len(entries) + 4, b"", b""
    for tag, kind, count, value in entries:
        field = value if len(value) == 4 else struct.pack("<I", at + len(data))
        tags += struct.pack("<HHI", tag, kind, count) + field
        data += value if len(value) > 4 else b""
    return b"Exif\0\0II*\0" + struct.pack("<IH", offset, len(entries)) + tags + b"\0" * 4 + data


@pytest.mark.parametrize("more", [0, 400])
@pytest.mark.parametrize(
    "orientation",
    [
        (3, 1, b"\6\0\0\0"),  # a short, as it should be
        (4, 1, b"\6\0\0\0"),
        (9, 1, b"\6\0\0\0"),
        (1, 1, b"\6\0\0\0"),
        (2, 2, b"6\0\0\0"),
        (3, 3, b"\6\0\6\0\6\0"),
        (5, 1, struct.pack("<II", 6, 1)),
        (11, 1, struct.pack("<f", 6.0)),
    ],
)
def test_an_orientation_of_any_type_is_applied(tmp_path: Path, orientation: tuple[int, int, bytes], more: int) -> None:
    Image.new("RGB", (40, 20), "black").save(tmp_path / "a.jpg", exif=_exif(orientation, more))
    assert read_picture(tmp_path / "a.jpg").shape == (40, 20, 3)


@pytest.mark.parametrize(
    "exif",
    [
        _exif((3, 1, b"\x63\0\0\0")),
        _exif((5, 1, struct.pack("<II", 6, 0))),
        _exif((2, 4, b"left")),
        _exif((3, 0, b"\6\0\0\0")),
        _exif((3, 60000, b"\xff\xff\xff\x7f")),
        _exif((200, 1, b"\6\0\0\0")),
        _exif((3, 1, b"\6\0\0\0"))[:20],
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0" + b"\xff" * 5000,
        b"Exif\0\0",
    ],
)
def test_broken_exif_hides_no_picture(tmp_path: Path, exif: bytes) -> None:
    Image.new("RGB", (40, 20), (200, 30, 30)).save(tmp_path / "a.jpg", exif=exif, quality=95)
    picture = read_picture(tmp_path / "a.jpg")
    assert picture.shape in {(20, 40, 3), (40, 20, 3)}
    assert picture[10, 10, 0] > 180


def test_a_huge_png_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_png_header(30000, 30000))
    with pytest.raises(InputError, match="million"):
        read_picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(_png_header(10001, 10000))
    with pytest.raises(InputError, match="10001 x 10000"):
        read_picture(tmp_path / "b.png")


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "empty"), (b"hello, I am a text\n" * 9, "not a picture"), (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC")],
)
def test_what_is_no_picture_is_said_to_be_none(tmp_path: Path, content: bytes, word: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(InputError, match=word) as caught:
        read_picture(tmp_path / "a.jpg")
    assert "a.jpg" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_pictures_and_folders_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_picture(tmp_path / "none.png")
    with pytest.raises(InputError, match="folder"):
        read_picture(tmp_path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif"])
def test_a_picture_cut_short_is_an_input_error_whatever_its_kind(tmp_path: Path, suffix: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / f"whole{suffix}")
    content = (tmp_path / f"whole{suffix}").read_bytes()
    for share in (0.05, 0.5, 0.8):
        (tmp_path / f"cut{suffix}").write_bytes(content[: int(len(content) * share)])
        with pytest.raises(InputError):
            read_picture(tmp_path / f"cut{suffix}")


def test_a_written_picture_reads_back_and_nothing_else_is_left(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (7, 9, 3), dtype=np.uint8)
    write_picture(tmp_path / "a.png", picture, {"comment": "made by a test"})
    assert np.array_equal(read_picture(tmp_path / "a.png"), picture)
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["comment"] == "made by a test"


def test_pictures_of_unknown_suffix_or_in_no_folder_are_refused(tmp_path: Path) -> None:
    picture = np.zeros((4, 4, 3), dtype=np.uint8)
    with pytest.raises(UsageError, match="xyz"):
        write_picture(tmp_path / "a.xyz", picture)
    with pytest.raises(UsageError, match="cannot be written"):
        write_picture(tmp_path / "none" / "a.png", picture)
    assert list(tmp_path.iterdir()) == []


def test_the_media_room_does_not_import_torch() -> None:
    rooms = ["images", "video", "writing", "sound", "faces", "scan", "pasting"]
    code = f"import sys, {', '.join('x2face_core.media.' + room for room in rooms)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

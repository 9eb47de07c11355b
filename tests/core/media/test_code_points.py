"""Pictures whose headers say that they are HDR or of a wide gamut, and those that say nothing of it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, features

from x2face_core.media.code_points import coded_space
from x2face_core.media.colours import Space
from x2face_core.media.images import read_picture

PQ, HLG, BT2020 = 16, 18, 9
WHITE = {PQ: 148, HLG: 191}
"""Code values of SDR white, 203 cd/m², of 255 (ITU-R BT.2408)."""


def grey(value: int, mode: str = "RGB") -> Image.Image:
    colour = (value, value, value, 128)[: len(mode)]
    return Image.new(mode, (32, 32), colour)


def png(picture: Image.Image, primaries: int, transfer: int) -> bytes:
    """A PNG with the chunk cICP after its header."""
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    content, chunk = stream.getvalue(), b"cICP" + bytes([primaries, transfer, 0, 1])
    return content[:33] + struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + content[33:]


def avif(picture: Image.Image, primaries: int, transfer: int) -> bytes:
    """An AVIF whose colour box has these code points."""
    stream = io.BytesIO()
    picture.save(stream, "AVIF", quality=100, subsampling="4:4:4")
    content = stream.getvalue()
    at = content.index(b"colrnclx") + 8
    return content[:at] + struct.pack(">HH", primaries, transfer) + content[at + 4 :]


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_sdr_white_of_a_png_in_hdr_is_white(tmp_path: Path, transfer: int) -> None:
    (tmp_path / "a.png").write_bytes(png(grey(WHITE[transfer]), BT2020, transfer))
    assert read_picture(tmp_path / "a.png").min() >= 248


def test_ten_candelas_in_pq_are_dark_grey(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(grey(77), BT2020, PQ))  # 0.302 of full scale: 10 cd/m² (BT.2100)
    light = 10 / 203
    expected = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
    assert read_picture(tmp_path / "a.png").mean() == pytest.approx(expected, abs=3)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_sdr_white_of_an_avif_in_hdr_is_white(tmp_path: Path) -> None:
    (tmp_path / "a.avif").write_bytes(avif(grey(WHITE[PQ]), BT2020, PQ))
    assert read_picture(tmp_path / "a.avif").min() >= 245


def test_transparency_is_kept_and_lies_on_white(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(grey(0, "RGBA"), BT2020, PQ))
    assert read_picture(tmp_path / "a.png").mean() == pytest.approx(127, abs=1)


def test_usual_code_points_change_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(grey(148), 1, 13))
    assert (read_picture(tmp_path / "a.png") == 148).all()


@pytest.mark.parametrize(
    ("content", "space"),
    [
        (png(grey(1), BT2020, HLG), Space(BT2020, HLG)),
        (png(grey(1), 12, 13), Space(12, 13)),
        (png(grey(1), BT2020, HLG)[:42], None),
        (b"\0\0\0\x20ftypavif" + b"\0" * 40 + b"colrnclx\0\x09\0\x10\0\x09\x80", Space(BT2020, PQ)),
        (b"\0\0\0\x20ftypavif" + b"\0" * 40 + b"colrnclx\0", None),
        (b"GIF89a" + b"colrnclx\0\x09\0\x10", None),
        (b"", None),
    ],
)
def test_code_points_are_found_in_headers(content: bytes, space: Space | None) -> None:
    assert coded_space(io.BytesIO(content)) == space
